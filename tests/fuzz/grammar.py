"""Requests that are nearly right: made from a grammar, then spoilt. The same for the same seed, everywhere."""

from collections.abc import Sequence
from random import Random

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n"
"""Stands behind every message: who frames it differently sees this differently."""

METHODS = (b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"PATCH")
ODD_METHODS = (b"CONNECT", b"PRI", b"get", b"M-SEARCH", b"X", b"GE(T", b"", b"A" * 33)
TARGETS = (b"/", b"/a", b"/a?b=c", b"http://h/x", b"http://h", b"HTTP://h:1/?q", b"//h/x", b"/?", b"/%00")
ODD_TARGETS = (b"*", b"/%41?#", b"a:80", b"/a b", b"?", b"", b"http://", b"http://u@h/", b"/\xff", b"/\t")
VERSIONS = (b"HTTP/1.1",) * 8 + (b"HTTP/1.0",)
ODD_VERSIONS = (b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.10", b"", b"HTTP/1.1 ", b"HTTP/0.9", b"HTTP/1.1\t")
HOSTS = (b"Host: h\r\n", b"Host: h:80\r\n", b"host:h\r\n", b"HOST: \t[::1] \r\n")
ODD_HOSTS = (
    b"",
    b"Host:\r\n",
    b"Host: h\r\nHost: i\r\n",
    b"Host : h\r\n",
    b"Host: h, i\r\n",
    b"Host: u@h\r\n",
    b"Host: h/\r\n",
)
LENGTHS = (
    b"Content-Length: %d\r\n",
    b"content-length:%d\r\n",
    b"Content-Length: %d \t\r\n",
    b"Content-Length: 00%d\r\n",
)
CHUNKED = (b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:CHUNKED\r\n", b"Transfer-Encoding:\tchunked \r\n")
ODD_FRAMINGS = (
    b"Content-Length: %d\r\nContent-Length: %d\r\n", b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"Content-Length: %d, %d\r\n",
    b"Content-Length: +%d\r\n", b"Content-Length: 0x%x\r\n", b"Content_Length: %d\r\n", b"Content-Length : %d\r\n",
    b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding: \x0bchunked\r\n", b"Transfer_Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", b"Transfer-Encoding: xchunked\r\n", b"Content-Length: -%d\r\n",
    b"X: y\r\n Content-Length: %d\r\n", b"X: y\rContent-Length: %d\r\n", b"X: y\nContent-Length: %d\r\n", b"Content-Length:\r\n",
    b"Transfer-Encoding: chunked;\r\n", b"Transfer-Encoding:\r\n chunked\r\n", b"Content-Length: %d\x0b\r\n",
    b"Transfer-Encoding: chunked\x00\r\n", b"Transfer-Encoding:\r\n", b"Content-Length: %d;\r\n", b"Transfer-Encoding: \xa0chunked\r\n",
)  # fmt: skip
FIELDS = (
    b"", b"", b"", b"", b"X: y\r\n", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n", b"X: a\tb\r\n",
    b"Expect: 100-continue\r\n", b"X:\r\n", b"X: \xff\r\n", b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"Trailer: X\r\n",
    b"TE: trailers\r\n", b"Connection: close\r\n", b"Connection: x, close\r\n", b"Content-Type: text/plain; a=\"b\"\r\n",
)  # fmt: skip
ODD_FIELDS = (
    b"X : y\r\n", b"X: a\r\n b\r\n", b"X: \0\r\n", b"X\r\n", b": y\r\n", b"X: y\n", b"X: y\r", b"\xff: y\r\n", b"X:\x7f\r\n", b" X: y\r\n",
    b"Expect: x\r\n", b"X[]: y\r\n",
)  # fmt: skip
DATA = (b"", b"x", b"hello", b"0\r\n\r\n", b"GET /in HTTP/1.1\r\nHost: h\r\n\r\n", b"\r\n", b"\0\xff", b"a" * 40)
EXTENSIONS = (b"",) * 8 + (b";a", b";a=b", b';a="b"', b';a="\\""', b"; a", b" ;a = b")
ODD_EXTENSIONS = (b";", b";a=", b";a\n", b";a\r", b" ", b"\t", b";\xff", b';a="', b";;", b"\0", b";a\x0b")
TRAILERS = (b"",) * 4 + (
    b"X: y\r\n",
    b"Content-Length: 5\r\n",
    b"X:\xff\r\n",
    b"Transfer-Encoding: x\r\n",
    b"X:\r\nY: z\r\n",
)
ODD_TRAILERS = (b"X : y\r\n", b"X: a\r\n b\r\n", b"X\r\n", b"X: y\n", b": y\r\n", b"X: \0\r\n", b"\n")
ODD = 0.03
"""How often a part is an odd one."""

PIECES = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b";", b",", b"\x0b", b"\x0c", b"\x7f", b"\x80", b"\xff", b"_", b"-", b"+", b"0",
    b"\r\n\r\n", b"\n\n", b"\r\r\n", b"\r\n ", b"\r\n\t", b"0\r\n\r\n", b"5\r\n", b"chunked", b"Content-Length: 3\r\n", b"Host: i\r\n",
    b"Transfer-Encoding: chunked\r\n", b"HTTP/1.0", b"HTTP/1.1", b"GET ", b"POST / HTTP/1.1\r\n", b"f" * 17, b"9" * 20, b"\xc4\x8a", b'"',
)  # fmt: skip


class Grammar:
    """`corpus`: messages that are spoilt too, beside those that the grammar makes."""

    def __init__(self, random: Random, corpus: Sequence[bytes]) -> None:
        self._random = random
        self._corpus = corpus

    def messages(self) -> bytes:
        """One message or a few, whole or spoilt, and the sentinel."""
        random = self._random
        data = b"".join(self._message() for _ in range(random.choice((1, 1, 1, 2, 3))))
        for _ in range(random.choice((0, 0, 0, 1, 1, 1, 2, 4))):
            data = self._spoilt(data)
        return data + SENTINEL

    def split(self, data: bytes) -> list[bytes]:
        """Cut at a few places, or into single octets."""
        random = self._random
        if random.random() < 0.1:
            return [data[n : n + 1] for n in range(len(data))]
        places = sorted(random.randrange(len(data) + 1) for _ in range(random.randrange(5)))
        pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
        return [piece for piece in pieces if piece]

    def _pick(self, usual: Sequence[bytes], odd: Sequence[bytes]) -> bytes:
        return self._random.choice(odd if self._random.random() < ODD else usual)

    def _message(self) -> bytes:
        random = self._random
        if self._corpus and random.random() < 0.2:
            return random.choice(self._corpus)
        framing = self._pick(random.choice(((b"",), LENGTHS, CHUNKED)), ODD_FRAMINGS)
        body = random.choice(DATA) if framing else b""
        length = random.randrange(12) if random.random() < ODD else len(body)
        if b"hunked" in framing or b"CHUNKED" in framing:
            body = self._chunks(body)
        framing %= (length,) * framing.count(b"%")
        lines = [self._pick(HOSTS, ODD_HOSTS), framing, self._pick(FIELDS, ODD_FIELDS), self._pick(FIELDS, ODD_FIELDS)]
        random.shuffle(lines)
        parts = (self._pick(METHODS, ODD_METHODS), self._pick(TARGETS, ODD_TARGETS), self._pick(VERSIONS, ODD_VERSIONS))
        return b"%b %b %b\r\n" % parts + b"".join(lines) + b"\r\n" + body

    def _chunks(self, data: bytes) -> bytes:
        pieces = []
        while data:
            size = self._random.randrange(1, len(data) + 1)
            pieces.append(b"%x%b\r\n%b\r\n" % (size, self._pick(EXTENSIONS, ODD_EXTENSIONS), data[:size]))
            data = data[size:]
        extension, trailer = self._pick(EXTENSIONS, ODD_EXTENSIONS), self._pick(TRAILERS, ODD_TRAILERS)
        return b"".join(pieces) + b"0%b\r\n%b\r\n" % (extension, trailer)

    def _spoilt(self, data: bytes) -> bytes:
        random = self._random
        at = random.randrange(len(data) + 1)
        length = random.choice((0, 0, 1, 1, 2, 5))
        kind = random.randrange(6)
        if kind < 3:
            return data[:at] + random.choice(PIECES) + data[at + length :]
        if kind == 3:
            return data[:at] + bytes([random.randrange(256)]) + data[at + length :]
        if kind == 4:
            return data[:at] + data[at + max(1, length) :]
        line_end = data.find(b"\r\n", at)  # a line twice, or its end another
        if line_end < 0:
            return data
        if random.random() < 0.5:
            return data[:line_end] + random.choice((b"\n", b"\r", b"\n\r", b" \r\n", b"\0\r\n")) + data[line_end + 2 :]
        begin = data.rfind(b"\n", 0, at) + 1
        return data[: line_end + 2] + data[begin:]
