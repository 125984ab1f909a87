"""Sockets that systemd passes (sd_listen_fds(3))."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sennit.errors import SennitError
from sennit.net.activation import passed_descriptors

SOURCE = Path(__file__).parents[2] / "src"
PASSED = {"LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "web:admin:web"}


def test_without_a_name_the_first_is_taken_and_with_one_all_of_that_name():
    assert passed_descriptors("", PASSED, 42) == [3]
    assert passed_descriptors("web", PASSED, 42) == [3, 5]
    assert passed_descriptors("admin", PASSED, 42) == [4]


@pytest.mark.parametrize(
    ("name", "environ", "says"),
    [
        ("", {}, "LISTEN_FDS is not set"),
        ("", {"LISTEN_FDS": "0", "LISTEN_PID": "42"}, "LISTEN_FDS is not set"),
        ("", {"LISTEN_FDS": "x", "LISTEN_PID": "42"}, "LISTEN_FDS is not set"),
        ("", {**PASSED, "LISTEN_PID": "41"}, "LISTEN_PID is '41', and this process is 42"),
        ("api", PASSED, "named web, admin, web; none is 'api'"),
    ],
    ids=["none", "zero", "garbage", "another-process", "another-name"],
)
def test_what_was_not_passed_is_said_with_what_the_unit_needs(name, environ, says):
    with pytest.raises(SennitError) as caught:
        passed_descriptors(name, environ, 42)
    assert caught.value.code == "net.E026"
    assert says in caught.value.what


SERVING = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[1])
for place, passed in enumerate([os.dup(int(number)) for number in sys.argv[2:]], start=3):
    os.dup2(passed, place)
os.environ["LISTEN_PID"] = str(os.getpid())
from sennit import net

class Echo(net.Protocol):
    def received(self, messages):
        self.connection.write(messages[0])

async def main():
    listener = net.Listener("systemd:echo", Echo)
    await listener.start()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await listener.close()

asyncio.run(main())
"""


def test_a_process_serves_on_the_socket_that_it_was_given():
    with socket.create_server(("127.0.0.1", 0)) as passed, socket.create_server(("127.0.0.1", 0)) as other:
        environ = {**os.environ, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:echo"}
        process = subprocess.Popen(
            [sys.executable, "-c", SERVING, str(SOURCE), str(other.fileno()), str(passed.fileno())],
            env=environ,
            pass_fds=(passed.fileno(), other.fileno()),
            stdin=subprocess.PIPE,
        )
        with socket.create_connection(passed.getsockname(), timeout=20) as client:
            client.sendall(b"hello")
            assert client.recv(5) == b"hello"
        process.communicate(b"\n", timeout=20)
        assert process.returncode == 0
