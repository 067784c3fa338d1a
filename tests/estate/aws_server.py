"""An HTTP server that answers the AWS CLI for an estate described in Python.

Enters: an estate (an object whose `answer` takes account, region, service, operation and the request members, and
returns the response members, or raises `Fault`) and requests of the real AWS CLI.
Leaves: answers in each service's own wire format, written from botocore's models, so that the CLI parses and prints
them as it would AWS's. A member that the model does not know is an error here, before it reaches a file.
Absent: state, signatures (the access key only names the account), and every operation that the estate does not list:
a data-plane or changing call cannot succeed.

An emulator keeps its own clock, ids and omissions. Fixed answers are needed where the result must be the same bytes
each time, with denied calls, old dates, delete markers and metrics that an emulator does not hold.
"""

import datetime
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import botocore.session

SESSION = botocore.session.get_session()
# The name in a signature's scope → the name of the service model.
SIGNED_AS = {"monitoring": "cloudwatch"}
MODELS = {}


class Fault(Exception):
    """A service error: its code, its message and the HTTP status that goes with it."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def model_of(service):
    if service not in MODELS:
        MODELS[service] = SESSION.get_service_model(service)
    return MODELS[service]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def plain(shape, value):
    """A JSON-protocol value: checked against the shape, instants as epoch seconds."""
    kind = shape.type_name
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise KeyError(f"{shape.name} has no member {sorted(unknown)}")
        return {name: plain(shape.members[name], v) for name, v in value.items()}
    if kind == "list":
        return [plain(shape.member, v) for v in value]
    if kind == "map":
        return {k: plain(shape.value, v) for k, v in value.items()}
    if kind == "timestamp":
        return instant(value).timestamp()
    return value


def xml(shape, value, tag):
    """A query- or REST-XML element."""
    kind = shape.type_name
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise KeyError(f"{shape.name} has no member {sorted(unknown)}")
        inner = ""
        for name, member in shape.members.items():
            if name in value:
                inner += xml(member, value[name], member.serialization.get("name", name))
        return f"<{tag}>{inner}</{tag}>"
    if kind == "list":
        if shape.serialization.get("flattened"):
            return "".join(xml(shape.member, v, tag) for v in value)
        item = shape.member.serialization.get("name", "member")
        return f"<{tag}>{''.join(xml(shape.member, v, item) for v in value)}</{tag}>"
    if kind == "boolean":
        value = "true" if value else "false"
    return f"<{tag}>{escape(str(value))}</{tag}>"


S3_BUCKET_READS = {
    "policy": "GetBucketPolicy",
    "encryption": "GetBucketEncryption",
    "versioning": "GetBucketVersioning",
    "object-lock": "GetObjectLockConfiguration",
    "versions": "ListObjectVersions",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key, _, region, signed_as, _ = self.headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
        service = SIGNED_AS.get(signed_as, signed_as)
        account = self.server.accounts[key]
        operation, members, respond = getattr(self, "of_" + service.replace("-", "_"), self.of_json)(service, body)
        try:
            status, kind, headers, payload = respond(self.server.estate.answer(account, region, service, operation, members))
        except Fault as fault:
            status, kind, headers, payload = self.fault(service, fault)
        except Exception as error:  # a mistake in the estate: told at once, where the CLI would retry for minutes
            self.server.mistakes.append(f"{service}:{operation} {members}: {error!r}")
            status, kind, headers, payload = self.fault(service, Fault("EstateMistake", repr(error)))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = handle_any

    def of_json(self, service, body):
        operation = self.headers["X-Amz-Target"].rsplit(".", 1)[1]
        shape = model_of(service).operation_model(operation).output_shape

        def respond(answer):
            return 200, "application/x-amz-json-1.1", {}, json.dumps(plain(shape, answer)).encode()

        return operation, json.loads(body or b"{}"), respond

    def of_query(self, service, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        operation = form.pop("Action")
        shape = model_of(service).operation_model(operation).output_shape

        def respond(answer):
            result = xml(shape, answer, operation + "Result")
            return 200, "text/xml", {}, f"<{operation}Response>{result}</{operation}Response>".encode()

        return operation, form, respond

    of_iam = of_sts = of_ec2 = of_query

    def of_s3(self, service, body):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        bucket, _, key = urllib.parse.unquote(url.path).lstrip("/").partition("/")
        members = {"Bucket": bucket, "Prefix": query.get("prefix", ""), "MaxKeys": int(query.get("max-keys", 1000))}
        if key or self.command not in ("GET", "HEAD"):
            operation = "DataPlane"
        elif not bucket:
            operation = "ListBuckets"
        elif self.command == "HEAD":
            operation = "HeadBucket"
        else:
            operation = next((o for k, o in S3_BUCKET_READS.items() if k in query), "ListObjectsV2")

        def respond(answer):
            shape = model_of("s3").operation_model(operation).output_shape
            if operation == "HeadBucket":
                headers = {
                    "x-amz-bucket-region": answer["BucketRegion"],
                    "x-amz-bucket-arn": answer["BucketArn"],
                    "x-amz-access-point-alias": "false",
                }
                return 200, "application/xml", headers, b""
            if operation == "GetBucketPolicy":
                return 200, "application/json", {}, answer["Policy"].encode()
            payload = shape.serialization.get("payload")
            if payload:
                return 200, "application/xml", {}, xml(shape.members[payload], answer[payload], payload).encode()
            return 200, "application/xml", {}, xml(shape, answer, "Result").encode()

        return operation, members, respond

    def fault(self, service, fault):
        if service in ("iam", "sts", "ec2"):
            text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error></ErrorResponse>"
            return fault.status, "text/xml", {}, text.encode()
        if service == "s3":
            text = f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
            return fault.status, "application/xml", {}, text.encode()
        text = json.dumps({"__type": fault.code, "message": fault.message})
        return fault.status, "application/x-amz-json-1.1", {}, text.encode()


def serve(estate, accounts):
    """Starts a server on a free local port. `accounts` maps an access key to the account that it stands for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.estate, server.accounts, server.mistakes = estate, accounts, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
