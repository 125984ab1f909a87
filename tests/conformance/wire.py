"""What a wire case is: octets in, answers out, and whether the connection is kept.

`test_x = wire(octets, answer(200, b"hello"), KEPT)` is a test: the octets go to a real server whole, and then once
for each place where they can be cut, the second half sent when the server has taken the first.
"""

import ctypes
import fcntl
import re
import select
import socket
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

TIMEOUT_S = 10
LOOK_AGAIN_S = 0.0003
AT_ONCE = 128
"""Cuts that are tried at one time, each on its own connection."""
KEPT_S = 20
"""So long a connection is used for one case after another; the server closes one that was idle for 75 s."""
CUT_EVERYWHERE = 512
"""Longer inputs are cut at every octet near both ends and at 64 places between."""

KEPT, CLOSED = "kept", "closed"
PROBE = b"GET /turns/0 HTTP/1.1\r\nHost: a.example\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """`body` None: not looked at; a field that is None must not be there; `method` HEAD has no body."""

    status: int
    body: bytes | None = None
    fields: Mapping[bytes, bytes | None] = field(default_factory=dict)
    method: str = "GET"


def answer(status: int, body: bytes | None = None, method: str = "GET", **fields: bytes | None) -> Answer:
    """Underscores in the names of fields stand for hyphens."""
    return Answer(status, body, {name.replace("_", "-").encode(): value for name, value in fields.items()}, method)


def wire(data: bytes, *outcome: Answer | str, end: bool = False) -> Callable[..., None]:
    """A test of `data`. Outcome: the answers in their order, then KEPT or CLOSED. end: the client then ends its side."""
    *answers, connection = outcome

    def test(server: ServerProcess) -> None:
        check(server, data, answers, str(connection), end)

    return test


def each(cases: Mapping[str, bytes], *outcome: Answer | str) -> Callable[..., None]:
    """A test with many inputs of one outcome."""
    *answers, connection = outcome

    @pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in cases.items()])
    def test(server: ServerProcess, data: bytes) -> None:
        check(server, data, answers, str(connection), False)

    return test


def refused(status: int) -> tuple[Answer, str]:
    """One answer, told to close; nothing behind it is read as a request."""
    return answer(status, connection=b"close"), CLOSED


def check(server: "ServerProcess", data: bytes, answers: list[Any], connection: str, end: bool) -> None:
    whole = first_time(server, data, answers, connection, end)
    places = cuts(data)
    for begin in range(0, len(places), AT_ONCE):
        compare_cuts(server, data, whole, places[begin : begin + AT_ONCE], connection, end)


def first_time(server: "ServerProcess", data: bytes, answers: list[Any], connection: str, end: bool) -> bytes:
    """Sent whole, over TCP. Returns all octets of the answers."""
    talk = Conversation(server.connect())
    try:
        talk.send(data)
        if end:
            talk.end()
        for wanted in answers:
            talk.expect(wanted)
        heard = bytes(talk.heard)
        if connection == CLOSED:
            assert talk.rest() == b"", "octets behind the last answer"
        else:
            talk.send(PROBE)
            assert talk.expect(answer(200, b"0")), "the connection is not in order behind the last answer"
        return heard
    finally:
        talk.close()


def cuts(data: bytes) -> list[int]:
    if len(data) <= CUT_EVERYWHERE:
        return list(range(1, len(data)))
    middle = range(64, len(data) - 64, max(1, (len(data) - 128) // 64))
    return [*range(1, 64), *middle, *range(len(data) - 64, len(data))]


def compare_cuts(
    server: "ServerProcess", data: bytes, whole: bytes, places: list[int], connection: str, end: bool
) -> None:
    """The same octets come out wherever the input is cut. A connection that is kept serves another case later."""
    lines = [server.line() for _ in places]
    try:
        for line, cut in zip(lines, places, strict=True):
            send_some(line, data[:cut])
        for line in lines:
            wait_until_taken(line)
        for line, cut in zip(lines, places, strict=True):
            send_some(line, data[cut:])
            if end:
                line.shutdown(socket.SHUT_WR)
        for line, cut in zip(lines, places, strict=True):
            heard = receive(line, None if connection == CLOSED else len(whole))
            assert masked(heard) == masked(whole), f"cut at {cut}: {data[:cut][-40:]!r} | {data[cut:][:40]!r}"
        if connection == KEPT and not end:
            server.keep(lines)
            lines = []
    finally:
        for line in lines:
            line.close()


def send_some(line: socket.socket, data: bytes) -> None:
    try:
        line.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused already; the answer is there to be read


def wait_until_taken(line: socket.socket) -> None:
    """Until the peer has read what was sent: the kernel counts what it has not (only for Unix sockets)."""
    left = ctypes.c_int()
    deadline = time.monotonic() + TIMEOUT_S
    while fcntl.ioctl(line, termios.TIOCOUTQ, left) or left.value:
        assert time.monotonic() < deadline, "the server does not read"
        select.select([], [], [], LOOK_AGAIN_S)


def receive(line: socket.socket, length: int | None) -> bytes:
    """So many octets; None: all until the peer closes."""
    heard = bytearray()
    while length is None or len(heard) < length:
        try:
            piece = line.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        heard += piece
    return bytes(heard)


_DATE = re.compile(rb"(?m)^(date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$")
_REQUEST_ID = re.compile(rb"[0-9a-f]{32}")


def masked(octets: bytes) -> bytes:
    return _REQUEST_ID.sub(b"<id>", _DATE.sub(rb"\1<now>\r", octets))


class ServerProcess:
    """`app.py` in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, path: str) -> None:
        self.process, self.port, self.path = process, port, path
        self._kept: list[socket.socket] = []
        self._kept_at = 0.0

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)

    def line(self) -> socket.socket:
        """A connection to the Unix socket, new or kept in good order."""
        if self._kept and time.monotonic() - self._kept_at > KEPT_S:
            self.let_go()
        return self._kept.pop() if self._kept else self._connect_unix()

    def keep(self, lines: list[socket.socket]) -> None:
        self._kept_at = self._kept_at if self._kept else time.monotonic()
        self._kept += lines

    def let_go(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _connect_unix(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(TIMEOUT_S)
        line.connect(self.path)
        return line

    def stop(self) -> None:
        self.let_go()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(TIMEOUT_S)

    @cached_property
    def about(self) -> Any:
        import json

        talk = Conversation(self.connect())
        talk.send(b"GET /about HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        return json.loads(talk.expect(Answer(200)).body)


@dataclass(frozen=True)
class Heard:
    """An answer as it came; framing has been checked."""

    status: int
    lines: list[tuple[bytes, bytes]]
    body: bytes

    def get(self, name: bytes) -> bytes | None:
        values = [value for have, value in self.lines if have.lower() == name]
        assert len(values) < 2 or name == b"set-cookie", f"{name!r} stands there twice"
        return values[0] if values else None


class Conversation:
    """One raw connection. `heard` is all that came out of it so far and was taken."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.heard = bytearray()
        self._ahead = bytearray()

    def send(self, data: bytes) -> None:
        send_some(self.line, data)

    def end(self) -> None:
        self.line.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.line.close()

    def expect(self, wanted: Answer) -> Heard:
        """The next answer, which must be as wanted."""
        heard = self.answer(wanted.method)
        assert heard.status == wanted.status, heard
        if wanted.body is not None:
            assert heard.body == wanted.body
        for name, value in wanted.fields.items():
            assert heard.get(name) == value, f"{name!r} in {heard.lines}"
        return heard

    def answer(self, method: str = "GET") -> Heard:
        """The next answer; a strict reader: exactly one framing, one Date, no control characters."""
        head = self._take_until(b"\r\n\r\n")
        first, *rest = head[:-4].split(b"\r\n")
        match = re.fullmatch(rb"HTTP/1\.1 ([1-5]\d\d) [\t -~]*", first)
        assert match, first
        lines = [_field(line) for line in rest]
        heard = Heard(int(match[1]), lines, b"")
        return Heard(heard.status, lines, self._body(heard, method))

    def rest(self) -> bytes:
        """All until the server closes; a reset is not an end."""
        while piece := self.line.recv(65536):
            self._ahead += piece
        return bytes(self._ahead)

    def is_silent(self) -> bool:
        """Nothing has come."""
        return not self._ahead and not select.select([self.line], [], [], 0)[0]

    def _body(self, heard: Heard, method: str) -> bytes:
        length, coding = heard.get(b"content-length"), heard.get(b"transfer-encoding")
        if heard.status < 200:
            assert length is None and coding is None
            return b""
        assert heard.get(b"date"), "no Date"
        assert length is None or coding is None, "two framings"
        if heard.status in (204, 304):
            assert coding is None and (length is None or heard.status == 304)
            return b""
        if method == "HEAD":
            return b""
        if length is not None:
            return self._take(int(length))
        if coding is None:
            assert heard.get(b"connection") == b"close", "no framing on a connection that is kept"
            body = self.rest()
            self.heard += body
            self._ahead.clear()
            return body
        assert coding == b"chunked"
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._take_until(b"\r\n")[:-2], 16):
            yield self._take(size)
            assert self._take(2) == b"\r\n"
        assert self._take(2) == b"\r\n"

    def _take_until(self, end: bytes) -> bytes:
        while (at := self._ahead.find(end)) < 0:
            self._more()
        return self._take(at + len(end))

    def _take(self, count: int) -> bytes:
        while len(self._ahead) < count:
            self._more()
        taken = bytes(self._ahead[:count])
        del self._ahead[:count]
        self.heard += taken
        return taken

    def _more(self) -> None:
        piece = self.line.recv(65536)
        if not piece:
            raise EOFError(f"the connection ended behind {bytes(self._ahead)[-200:]!r}")
        self._ahead += piece


def _field(line: bytes) -> tuple[bytes, bytes]:
    match = re.fullmatch(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\t\x20-\x7e\x80-\xff]*)", line)
    assert match, line
    return match[1], match[2]
