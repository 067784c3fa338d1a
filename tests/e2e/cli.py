"""The AWS CLI, started once: each command is a fork of a process that has read the CLI's code and service models.

usage: cli.py SOCKET ARGUMENT...    as `aws`: passes the command on, and ends as it ends
       cli.py --serve SOCKET        answers until it is terminated

Enters: arguments, environment, folder and standard streams of each command. Leaves: what the CLI does with them. Absent: any
change to what the CLI asks or prints.
"""

import array
import json
import os
import socket
import sys

STREAMS = 3


def pass_on(path, arguments):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        command = json.dumps({"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}).encode()
        streams = array.array("i", range(STREAMS))
        server.sendmsg([len(command).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        server.sendall(command)
        return server.recv(1)[0]


def serve(path):
    import names
    from awscli.clidriver import create_clidriver

    names.resolve_here()
    driver = create_clidriver()
    for service in ("sagemaker", "iam", "s3", "sts", "kms", "cloudwatch", "ec2", "logs", "application-autoscaling"):
        driver.session.get_service_model(service)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                answer(connection, driver)
            connection.close()
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def answer(connection, driver):
    """Runs one command, in the fork."""
    size, streams, _, _ = socket.recv_fds(connection, 8, STREAMS)
    text, size = b"", int.from_bytes(size, "big")
    while len(text) < size:
        text += connection.recv(size - len(text))
    command = json.loads(text)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    for stream, ours in enumerate(streams):
        os.dup2(ours, stream)
    status = driver.main(command["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([status]))
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    sys.exit(pass_on(sys.argv[1], sys.argv[2:]))
