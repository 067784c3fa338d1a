"""usage: python -m emulator

Leaves: the address on the first line of standard output, once the server answers.
"""

import logging
import os

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
# A bucket of another account is refused, as AWS does without a bucket policy that allows it.
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from . import echo, gate, identity, jobs, kinds, search, storage, trails  # noqa: E402


class Handler(MotoRequestHandler):
    """Connections stay open between requests, as AWS's do, and answers leave at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, *_):
        pass


def main():
    for module in (echo, kinds, jobs, search, identity, storage, trails):
        module.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = gate.Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
