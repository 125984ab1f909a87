"""Starts a server on its core, waits until it answers, and ends it with everything that it has started."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

START_S = 30.0
STOP_S = 10.0


class Failed(Exception):
    """A server that does not start or does not answer as it should; the message says which and what it printed."""


@dataclass(frozen=True)
class Server:
    """A running server: the name it is listed under, its process and its port on loopback."""

    name: str
    pid: int
    port: int


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str] | None = None,
    folder: str | None = None,
) -> Iterator[Server]:
    """Raises Failed when the port does not open within `START_S`, or the process ends before."""
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=True,
        )
        try:
            if not _opens(port, process):
                output.seek(0)
                raise Failed(f"{name} did not start:\n{output.read()[-2000:].strip()}")
            yield Server(name, process.pid, port)
        finally:
            _end(process)


def _leave(number: int, frame: object) -> None:
    """A benchmark that is told to stop ends its servers too."""
    sys.exit(128 + number)


def _opens(port: int, process: subprocess.Popen[bytes]) -> bool:
    until = monotonic() + START_S
    while monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            sleep(0.05)
        else:
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole session of the process, and only that."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def ask(port: int, request: bytes) -> bytes:
    """One whole answer with Content-Length or chunked body. Raises Failed when it is no success."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(request)
        answer = b""
        while not _is_whole(answer):
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
    if not re.match(rb"HTTP/1\.1 200 ", answer):
        raise Failed(f"no success: {answer[:200].decode('latin-1')!r}")
    return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and (len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n"))


def body_of(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"\r\ntransfer-encoding: chunked" not in head.lower():
        return body
    whole = b""
    while (size := int(body.partition(b"\r\n")[0], 16)) > 0:
        body = body.partition(b"\r\n")[2]
        whole, body = whole + body[:size], body[size + 2 :]
    return whole
