"""A stand-in for name servers: S3 Control's clients put the account before the host, which no server here resolves."""

import socket

LOOPBACK = "127.0.0.1"


def resolve_here():
    """Makes names like `111122223333.127.0.0.1` the loopback address, in this process."""
    resolve = socket.getaddrinfo

    def here(host, *rest, **more):
        is_ours = isinstance(host, str) and host.endswith("." + LOOPBACK)
        return resolve(LOOPBACK if is_ours else host, *rest, **more)

    socket.getaddrinfo = here
