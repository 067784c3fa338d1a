"""Which call a request is, and how a service refuses one.

Enters: a WSGI environment and the body. Leaves: service, operation, account, access key; or a refusal in the service's own
wire format. Sources: AWS JSON, AWS query and REST XML protocols (https://smithy.io/2.0/aws/protocols/index.html).
"""

import dataclasses
import json
import urllib.parse

from moto.iam.models import get_account_id_from

# The name in a signature's scope → the name in the table of operations.
SIGNED_AS = {"monitoring": "cloudwatch", "s3express": "s3"}
BUCKET_READS = {
    "policy": "GetBucketPolicy",
    "encryption": "GetBucketEncryption",
    "versioning": "GetBucketVersioning",
    "object-lock": "GetObjectLockConfiguration",
    "versions": "ListObjectVersions",
    "list-type": "ListObjectsV2",
}


@dataclasses.dataclass
class Call:
    service: str
    operation: str
    account: str
    key: str
    protocol: str


def call(environ, body):
    """The call, or None where nothing signs it."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
    if len(scope) != 5:
        return None
    key, _, _, signed_as, _ = scope
    service, protocol = SIGNED_AS.get(signed_as, signed_as), "json"
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    path = environ["PATH_INFO"]
    if "HTTP_X_AMZ_TARGET" in environ:
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
    elif service == "s3" and path.startswith("/v20180820/"):
        service, operation, protocol = "s3control", "ListAccessPoints", "xml"
    elif service == "s3":
        operation, protocol = of_bucket(environ["REQUEST_METHOD"], path, query, signed_as), "xml"
    elif service == "elasticfilesystem":
        operation = "DescribeFileSystemPolicy" if path.endswith("/policy") else "DescribeFileSystems"
    else:
        form = urllib.parse.parse_qs(body.decode())
        operation, protocol = form.get("Action", ["?"])[0], "query"
    return Call(service, operation, get_account_id_from(key), key, protocol)


def of_bucket(method, path, query, signed_as):
    bucket, _, key = path.lstrip("/").partition("/")
    if not bucket:
        return "ListDirectoryBuckets" if signed_as == "s3express" else "ListBuckets"
    if method == "HEAD":
        return "HeadObject" if key else "HeadBucket"
    if method != "GET" or key:
        return "Other"
    return next((operation for member, operation in BUCKET_READS.items() if member in query), "Other")


def refusal(protocol, code, message, status):
    """Status, content type and body of an error."""
    if protocol == "json":
        return f"{status} Refused", "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if protocol == "query":
        error = f"<ErrorResponse>{error}</ErrorResponse>"
    return f"{status} Refused", "application/xml", error
