"""S3: pages of buckets with their Regions, and bucket policies that only speak.

Moto cuts `ListBuckets` at `max-buckets` and says nothing of the rest, and does not tell a bucket's Region. It also applies
a Deny statement of a bucket policy without its Condition, so that a policy against plain HTTP shuts everybody out; AWS
looks at the Condition first. Absent: the evaluation of bucket policies; what a caller may not do is microburst's.
"""

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy
from moto.s3.responses import S3Response


def all_buckets(self):
    self.data["Action"] = "ListBuckets"
    found = sorted(self.backend.list_buckets(None, None, None), key=lambda b: b.name)
    size, start = int(self._get_param("max-buckets") or 10000), int(self._get_param("continuation-token") or 0)
    out = {
        "Owner": {"ID": self.current_account * 5},
        "Buckets": [
            {"Name": b.name, "CreationDate": b.creation_date_ISO8601, "BucketRegion": b.region_name}
            for b in found[start : start + size]
        ],
    }
    if start + size < len(found):
        out["ContinuationToken"] = str(start + size)
    return self.serialized(ActionResult(out))


def without_conditions(make):
    def made(self, document):
        make(self, document)
        statements = self._policy_json.get("Statement")
        if isinstance(statements, list):
            self._policy_json["Statement"] = [s for s in statements if "Condition" not in s]

    return made


def install():
    S3Response.all_buckets = all_buckets
    IAMPolicy.__init__ = without_conditions(IAMPolicy.__init__)
