"""Frames that are nearly right: a conversation made from a grammar, then spoilt. The same for the same seed, everywhere."""

import struct
import zlib
from dataclasses import dataclass
from random import Random

from sennit.protocols.websocket import Deflate

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10

TEXTS = ("", "a", "hello", "zoë", "編む", "\N{SPOOL OF THREAD}", "x" * 125, "y" * 126, "ab" * 700, "κόσμε")
NOT_TEXTS = (
    b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe7\xb7", b"ok\x80", b"\xf0\x9f\xa7", b"\xf8\x88\x80\x80\x80",
)  # fmt: skip
OCTETS = (b"", b"\0", b"\xff\xfe", b"binary" * 30, bytes(range(256)), b"\x81\x00\x88\x00", b"z" * 5000)
CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
ODD_CODES = (0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


@dataclass(frozen=True)
class Setting:
    """On what the two ends have agreed, and what the one that is tried takes at most."""

    is_server: bool
    max_message: int
    deflate: Deflate | None

    def window(self) -> tuple[int, bool]:
        """Of what comes: its bits, and whether each message begins anew."""
        assert self.deflate is not None
        return self.deflate.window_of_client if self.is_server else self.deflate.window_of_server

    def line(self) -> bytes:
        d = self.deflate
        own = () if d is None else (d.server_no_context_takeover, d.client_no_context_takeover)
        bits = () if d is None else (d.server_max_window_bits, d.client_max_window_bits)
        return " ".join(str(int(value)) for value in (self.is_server, self.max_message, *own, *bits)).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> "Setting":
        is_server, most, *rest = map(int, line.split())
        deflate = Deflate(bool(rest[0]), bool(rest[1]), rest[2], rest[3]) if rest else None
        return cls(bool(is_server), most, deflate)


class Grammar:
    def __init__(self, random: Random) -> None:
        self._random = random

    def setting(self) -> Setting:
        r = self._random
        deflate = None
        if r.random() < 0.5:
            deflate = Deflate(r.random() < 0.5, r.random() < 0.5, r.randint(9, 15), r.randint(9, 15), 1, 0)
        return Setting(r.random() < 0.5, r.choice((125, 1000, 6000, 1 << 20)), deflate)

    def stream(self, setting: Setting) -> bytes:
        """Some messages, pings and perhaps a close; then, mostly, one thing that is wrong."""
        sender = Sender(self._random, setting)
        frames = [sender.something() for _ in range(self._random.randint(1, 5))]
        if self._random.random() < 0.6:
            frames.insert(self._random.randrange(len(frames) + 1), sender.wrong())
        if self._random.random() < 0.3:
            frames.append(sender.close())
        data = b"".join(frames)
        return self._spoilt(data) if self._random.random() < 0.3 else data

    def message(self) -> str | bytes:
        r = self._random
        if r.random() < 0.5:
            return r.choice(TEXTS) * r.choice((1, 1, 1, 20))
        return r.choice((r.choice(OCTETS), r.randbytes(r.choice((1, 10, 126, 3000)))))

    def split(self, data: bytes) -> list[bytes]:
        """Cut at some places, or at every octet."""
        r = self._random
        if len(data) < 200 and r.random() < 0.1:
            return [data[at : at + 1] for at in range(len(data))]
        cuts = sorted(r.randrange(len(data) + 1) for _ in range(r.randint(1, 6)))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def _spoilt(self, data: bytes) -> bytes:
        r = self._random
        at = r.randrange(len(data))
        kind = r.randrange(5)
        if kind == 0:
            return data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]
        if kind == 1:
            return data[:at] + data[at + 1 :]
        if kind == 2:
            return data[:at] + r.randbytes(1) + data[at:]
        return data[:at] if kind == 3 else data + data[at:]


class Sender:
    """The end that is not tried: it packs as it has been agreed on."""

    def __init__(self, random: Random, setting: Setting) -> None:
        self._random = random
        self._setting = setting
        self._packer: zlib._Compress | None = None

    # ── frames ───────────────────────────────────────────────────────────────

    def frame(self, first: int, payload: bytes, *, form: int | None = None, masks: bool | None = None) -> bytes:
        """form: octets of the length (0, 2, 8), the shortest unless given."""
        size = len(payload)
        form = form if form is not None else 0 if size < 126 else 2 if size < 65536 else 8
        marker = {0: min(size, 127), 2: 126, 8: 127}[form]
        length = {0: b"", 2: struct.pack("!H", size & 0xFFFF), 8: struct.pack("!Q", size)}[form]
        if not (self._setting.is_server if masks is None else masks):
            return bytes([first, marker]) + length + payload
        key = self._random.randbytes(4)
        repeated = (key * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
        return bytes([first, marker | 0x80]) + length + key + masked

    # ── what is right ────────────────────────────────────────────────────────

    def something(self) -> bytes:
        kind = self._random.random()
        if kind < 0.2:
            return self.control()
        if self._random.random() < 0.5:
            return self.message(TEXT, self._random.choice(TEXTS).encode())
        return self.message(BINARY, self._random.choice(OCTETS))

    def control(self) -> bytes:
        payload = self._random.choice((b"", b"p", b"\xff" * 125))
        return self.frame(FIN | self._random.choice((PING, PONG)), payload)

    def close(self) -> bytes:
        r = self._random
        code = r.choice(CODES if r.random() < 0.6 else ODD_CODES)
        reason = r.choice((b"", b"bye", "zoë".encode(), b"x" * 123, b"\xff"))
        return self.frame(FIN | CLOSE, r.choice((b"", struct.pack("!H", code) + reason, b"\x03")))

    def message(self, opcode: int, payload: bytes) -> bytes:
        first = opcode
        if self._setting.deflate is not None and self._random.random() < 0.7:
            first, payload = first | RSV1, self.packed(payload)
        pieces = self._pieces(payload)
        frames = []
        for number, piece in enumerate(pieces):
            octet = (first if number == 0 else CONTINUATION) | (FIN if number == len(pieces) - 1 else 0)
            frames.append(self.frame(octet, piece))
            if number < len(pieces) - 1 and self._random.random() < 0.2:
                frames.append(self.control())
        return b"".join(frames)

    def _pieces(self, payload: bytes) -> list[bytes]:
        r = self._random
        if r.random() < 0.6:
            return [payload]
        if r.random() < 0.05:
            return [payload, *[b""] * r.randint(10, 20)]
        cuts = sorted(r.randrange(len(payload) + 1) for _ in range(r.randint(1, 3)))
        return [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)], strict=True)]

    def packed(self, payload: bytes) -> bytes:
        """In one DEFLATE stream, with flushes of every kind; now and then a stream that ends (RFC 7692 §7.2.3.4)."""
        r = self._random
        bits, forgets = self._setting.window()
        if r.random() < 0.03:
            own = zlib.compressobj(6, zlib.DEFLATED, -bits)
            self._packer = None
            return own.compress(payload) + own.flush() + b"\0"
        if self._packer is None:
            self._packer = zlib.compressobj(r.choice((0, 1, 6)), zlib.DEFLATED, -bits)
        packed = self._packer.compress(payload)
        if r.random() < 0.2:
            packed += self._packer.flush(r.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH)))
        packed += self._packer.flush(zlib.Z_SYNC_FLUSH)
        if forgets:
            self._packer = None
        return packed[:-4] if packed.endswith(b"\0\0\xff\xff") else packed + b"\0"

    # ── what is wrong ────────────────────────────────────────────────────────

    def wrong(self) -> bytes:
        r = self._random
        payload = r.choice(OCTETS)
        ways = (
            lambda: self.frame(FIN | TEXT, r.choice(NOT_TEXTS)),
            lambda: self.frame(TEXT, b"\xe7") + self.frame(FIN, r.choice((b"\xb7\xa8", b"x", b""))),
            lambda: self.frame(FIN | r.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), payload),
            lambda: self.frame(FIN | r.choice((RSV1, RSV2, RSV3)) | r.choice((TEXT, BINARY, PING, CLOSE)), b"x"),
            lambda: self.frame(FIN | BINARY, payload, masks=not self._setting.is_server),
            lambda: self.frame(FIN | BINARY, payload[:100], form=r.choice((2, 8))),
            lambda: self.frame(FIN | BINARY, b"x" * 300, form=8),
            lambda: self.frame(r.choice((PING, PONG, CLOSE)), b"x"),
            lambda: self.frame(FIN | PING, b"x" * 126),
            lambda: self.frame(r.choice((FIN, 0)) | CONTINUATION, payload),
            lambda: self.frame(BINARY, b"x") + self.frame(FIN | TEXT, b"y"),
            lambda: self.frame(BINARY, b"x") + self.close(),
            lambda: bytes([FIN | BINARY, 0xFF if self._setting.is_server else 0x7F]) + r.choice((b"\x80", b"\x7f")) + b"\0" * 11,
            lambda: self.frame(FIN | RSV1 | BINARY, r.randbytes(r.choice((0, 1, 20)))),
            lambda: self.frame(RSV1 | TEXT, b"\xaa") + self.frame(FIN | RSV1, b"x"),
            lambda: self.message(BINARY, b"\0" * 60_000),
            lambda: self.close() + self.something(),
        )  # fmt: skip
        return r.choice(ways)()
