"""The scenarios' handle: every request passes here on its way to moto.

Enters: requests of clients; and under `/e2e/` what a scenario wants of one account: a page size, a limit of requests, an
end of its keys, something that vanishes between two calls, a standstill; also jobs by the thousand, and other days.
Leaves: moto's answers, refusals, and the count of every call. Absent: faults that need no state of the server; those are
microburst's.
"""

import collections
import io
import json
import threading
import time

from moto.s3.models import s3_backends

from . import bulk, trails, wire

# Services and the request member that sets the size of a page.
SIZES = {"sagemaker": "MaxResults", "application-autoscaling": "MaxResults", "organizations": "MaxResults", "logs": "limit"}
# Calls that answer in pages although their names do not say so.
PAGED = {"Search", "DescribeScalableTargets", "DescribeLogStreams", "GetAccountAuthorizationDetails"}
NO_DIRECTORY_BUCKETS = "<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>"


class Bucket:
    """What a service may be asked: `rate` requests a second, and as many at once as a second gives."""

    def __init__(self, rate):
        self.rate, self.tokens, self.filled = rate, rate, time.monotonic()

    def take(self):
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Wishes:
    """What a scenario wants of one account, and what was counted there."""

    def __init__(self):
        self.page = None
        self.limits = {}
        self.refuses = set()
        self.key_lives = None
        self.key_used = collections.Counter()
        self.vanishing = {}
        self.hold_after = None
        self.released = threading.Event()
        self.calls = []


class Gate:
    def __init__(self, moto):
        self.moto = moto
        self.lock = threading.Lock()
        self.accounts = collections.defaultdict(Wishes)

    def __call__(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"].startswith("/e2e/"):
            return self.answer_scenario(environ["PATH_INFO"].removeprefix("/e2e/"), json.loads(body or b"{}"), start)
        call = wire.call(environ, body)
        if call is None:
            return self.moto(environ, start)
        wishes = self.accounts[call.account]
        with self.lock:
            refused = self.refused(wishes, call)
            wishes.calls.append((time.monotonic(), f"{call.service}:{call.operation}", refused and refused[0]))
            holds = wishes.hold_after is not None and len(wishes.calls) > wishes.hold_after
        if holds:
            wishes.released.wait()
        if refused:
            return respond(start, *wire.refusal(call.protocol, *refused))
        if call.operation == "ListDirectoryBuckets":
            return respond(start, "200 OK", "application/xml", NO_DIRECTORY_BUCKETS)
        if is_of_another(environ):
            return respond(start, *wire.refusal("xml", "AccessDenied", "Access Denied", 403), head=environ["REQUEST_METHOD"] == "HEAD")
        if wishes.page:
            smaller(environ, body, call, wishes.page)
        answer = self.moto(environ, start)
        for named in wishes.vanishing.pop(call.operation, []):
            bulk.remove(call.account, **named)
        return answer

    def refused(self, wishes, call):
        """Code, message and status, where the account's wishes refuse the call."""
        wishes.key_used[call.key] += 1
        if wishes.key_lives is not None and wishes.key_used[call.key] > wishes.key_lives:
            code = "ExpiredToken" if call.protocol != "json" else "ExpiredTokenException"
            return code, "The security token included in the request is expired", 400 if call.protocol == "json" else 403
        if (call.key, f"{call.service}:{call.operation}") in wishes.refuses:
            return "AccessDenied", "Access Denied", 403
        limit = wishes.limits.get(call.service)
        if limit and not limit.take():
            return "ThrottlingException", "Rate exceeded", 400
        return None

    def answer_scenario(self, verb, asked, start):
        wishes = self.accounts[asked["account"]]
        out = {}
        match verb:
            case "pages":
                wishes.page = asked["size"]
            case "limit":
                wishes.limits[asked["service"]] = Bucket(asked["rate"])
            case "refuse":
                wishes.refuses.add((asked["key"], asked["operation"]))
            case "key-lives":
                wishes.key_lives = asked["calls"]
            case "vanish":
                wishes.vanishing.setdefault(asked["after"], []).append(
                    {"region": asked["region"], "kind": asked["kind"], "name": asked["name"]}
                )
            case "hold":
                wishes.released.clear()
                wishes.hold_after = len(wishes.calls) + asked["calls"]
            case "release":
                wishes.hold_after = None
                wishes.released.set()
            case "calls":
                with self.lock:
                    out = {"calls": wishes.calls}
                    if asked.get("forget"):
                        wishes.calls = []
            case "seed":
                bulk.seed(asked["account"], asked["region"], asked)
            case "trail":
                trails.EVENTS[asked["account"]] = asked["events"]
            case "age":
                bulk.age(asked["account"], asked["region"], asked["kind"], asked["name"], asked["days"])
            case _:
                return respond(start, "404 Not Found", "text/plain", f"there is no `{verb}`")
        return respond(start, "200 OK", "application/json", json.dumps(out))


def respond(start, status, kind, text, head=False):
    payload = b"" if head else text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(payload)))])
    return [payload]


def is_of_another(environ):
    """AWS refuses a bucket whose owner is not the one that the header expects. Moto does not read the header."""
    expected = environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER")
    bucket = environ["PATH_INFO"].lstrip("/").partition("/")[0]
    owner = s3_backends.bucket_accounts.get(bucket)
    return bool(expected and owner and owner[1] != expected)


def smaller(environ, body, call, size):
    """Asks moto for smaller pages. AWS may always answer with fewer items than were asked for."""
    lists = call.operation.startswith("List") or call.operation in PAGED
    if not lists:
        return
    if call.protocol == "json" and call.service in SIZES:
        body = json.dumps({**json.loads(body or b"{}"), SIZES[call.service]: size}).encode()
    elif call.service == "iam":
        others = [p for p in body.decode().split("&") if not p.startswith("MaxItems=")]
        body = "&".join([*others, f"MaxItems={size}"]).encode()
    elif call.operation == "ListBuckets":
        others = [p for p in environ["QUERY_STRING"].split("&") if not p.startswith("max-buckets=")]
        environ["QUERY_STRING"] = "&".join([*others, f"max-buckets={size}"])
        return
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
