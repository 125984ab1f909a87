"""The rule: what our endpoint delivers, two others deliver too, and what it refuses they refuse.

Where one of them says something else it must have one of the reasons in `REASONS`.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from fuzz.websocket.endpoints import CLOSED, REFUSED, WAITING, Taken, by_websockets, by_wsproto
from fuzz.websocket.grammar import CLOSE, CONTINUATION, RSV1, Setting

ORACLES = {"websockets": by_websockets, "wsproto": by_wsproto}
MOST_UNPACKED = 1 << 22
TAIL = b"\0\0\xff\xff"
"""What every sender leaves out at the end of a message that it packs."""


class Frame(NamedTuple):
    first: int
    payload: bytes
    is_short: bool
    """Its length is written in the shortest form."""


class Case(NamedTuple):
    setting: Setting
    frames: list[Frame]
    mine: Taken
    theirs: Taken

    @property
    def says_no_more(self) -> bool:
        """We refuse, and they have not delivered anything beyond."""
        return self.mine.end == REFUSED and self.theirs.messages == self.mine.messages

    @property
    def delivers_less(self) -> bool:
        return self.mine.messages[: len(self.theirs.messages)] == self.theirs.messages

    @property
    def delivers_more(self) -> bool:
        return self.theirs.messages[: len(self.mine.messages)] == self.mine.messages


class Reason(NamedTuple):
    """Why `oracle` (or any, where it is "") does not say what we say."""

    oracle: str
    why: str
    applies: Callable[[Case], bool]


REASONS = [
    Reason(
        "",
        "one frame is wrong in two ways, or its header tells before its payload has come",
        lambda c: c.says_no_more and c.theirs.end in (REFUSED, WAITING),
    ),
    Reason(
        "",
        "they look at a message when it is whole, we at what has come of it (RFC 6455 §8.1)",
        lambda c: c.says_no_more and c.mine.code in (1007, 1009),
    ),
    Reason("", "1008 is for bounds of our own", lambda c: c.mine.code == 1008 and c.mine.end == REFUSED and c.delivers_more),
    Reason("", "they lose what follows a DEFLATE stream that ends (RFC 7692 §7.2.3.4)", lambda c: ends_a_stream(c)),
    Reason(
        "",
        "they take a message that ends inside a DEFLATE block, and go on inside it with the next (RFC 7692 §7.2.1)",
        lambda c: (c.mine.code == 1007 or b"" in c.mine.messages or "" in c.mine.messages) and ends_inside_a_block(c),
    ),
    Reason(
        "",
        "they refuse a reference beyond the agreed window, or take it, as their reads happen to be cut",
        lambda c: c.theirs.end == REFUSED and c.delivers_less and refers_beyond_window(c),
    ),
    Reason(
        "websockets",
        "takes a length in a longer form than needed (RFC 6455 §5.2)",
        lambda c: c.mine.code == 1002 and c.delivers_more and any(not frame.is_short for frame in c.frames),
    ),
    Reason(
        "websockets",
        "refuses a close frame inside a fragmented message (RFC 6455 §5.4 lets control frames stand there)",
        lambda c: c.mine.end == CLOSED and c.theirs.end == REFUSED and c.theirs.messages == c.mine.messages and closes_inside(c),
    ),
    Reason(
        "websockets",
        "counts packed octets against the limit of a message",
        lambda c: c.setting.deflate is not None and (c.theirs.end, c.theirs.code) == (REFUSED, 1009) and c.delivers_less,
    ),
    Reason(
        "websockets",
        "counts a control frame against what is left of the limit, where it stands inside a message",
        lambda c: (c.theirs.end, c.theirs.code) == (REFUSED, 1009) and c.delivers_less and has_control_inside(c, packed=False),
    ),
    Reason(
        "wsproto",
        "has no limit",
        lambda c: c.mine.end == REFUSED and c.mine.code == 1009 and c.delivers_more,
    ),
    Reason("wsproto", "refuses code 1014, which was registered later", lambda c: c.mine == c.mine._replace(end=CLOSED, code=1014)),
    Reason(
        "wsproto",
        "forgets that a message is packed when a control frame stands inside it",
        lambda c: has_control_inside(c, packed=True),
    ),
]  # fmt: skip


def complaint(setting: Setting, data: bytes, mine: Taken) -> str | None:
    """What breaks the rule, None when nothing does."""
    for name, parse in ORACLES.items():
        theirs = parse(setting, data)
        if theirs != mine and not reasons_of(name, Case(setting, list(frames_of(setting, data)), mine, theirs)):
            return f"{name} says {_brief(theirs)} where we say {_brief(mine)}"
    return None


def complaint_of_sent(setting: Setting, data: bytes, sent: list[str | bytes]) -> str | None:
    """What somebody misreads of that which our endpoint has sent."""
    for name, parse in ORACLES.items():
        theirs = parse(setting, data)
        if (theirs.messages, theirs.end) != (sent, WAITING):
            return f"{name} says {_brief(theirs)} where we have sent {len(sent)} messages"
    return None


def reasons_of(oracle: str, case: Case) -> list[Reason]:
    return [reason for reason in REASONS if reason.oracle in ("", oracle) and reason.applies(case)]


def _brief(taken: Taken) -> str:
    messages = [f"{type(message).__name__}[{len(message)}]" for message in taken.messages]
    return f"{taken.end} {taken.code} after {messages} and {len(taken.pings)} pings"


# ── what stands in the octets ────────────────────────────────────────────────


def frames_of(setting: Setting, data: bytes) -> Iterator[Frame]:
    """By the layout of §5.2 alone, whatever they mean; the last may be cut."""
    at = 0
    while at + 2 <= len(data):
        first, second = data[at], data[at + 1]
        length, at = second & 127, at + 2
        wide = {126: 2, 127: 8}.get(length, 0)
        if wide:
            length = int.from_bytes(data[at : at + wide], "big")
            at += wide
        key = data[at : at + 4] if second & 128 else b""
        at += len(key)
        payload = data[at : at + length]
        if len(key) == 4:
            size = len(payload)
            mask = (key * (size // 4 + 1))[:size]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")
        yield Frame(first, payload, wide == 0 or length >= {2: 126, 8: 65536}[wide])
        at += length


def closes_inside(case: Case) -> bool:
    return any(frame.first & 15 == CLOSE for frame in case.frames)


def has_control_inside(case: Case, *, packed: bool) -> bool:
    """packed: inside a message that is packed."""
    is_inside = is_packed = False
    for frame in case.frames:
        if not frame.first & 8:
            is_packed = bool(frame.first & RSV1) if frame.first & 15 != CONTINUATION else is_packed
            is_inside = not frame.first & 0x80
        elif is_inside and (is_packed or not packed):
            return True
    return False


def packed_messages(case: Case) -> Iterator[bytes]:
    """Each as it goes into an inflater; the last may be cut."""
    if case.setting.deflate is None:
        return
    pieces, packed = [], False
    for frame in case.frames:
        if frame.first & 8:
            continue
        if frame.first & 15 != CONTINUATION:
            packed, pieces = bool(frame.first & RSV1), []
        pieces.append(frame.payload)
        if packed and frame.first & 0x80:
            yield b"".join(pieces) + TAIL
            pieces = []
    if packed and pieces:
        yield b"".join(pieces)


def streams(case: Case, bits: int, most: int) -> Iterator[tuple[bytes, "zlib._Decompress"]]:
    """Each packed message and the inflater that has taken it, at most `most` octets at a time. Raises zlib.error."""
    forgets = case.setting.deflate is not None and case.setting.window()[1]
    inflater = zlib.decompressobj(-bits)
    for packed in packed_messages(case):
        inflater = zlib.decompressobj(-bits) if forgets else inflater
        taken, rest = 0, packed
        while rest and not inflater.eof and taken < MOST_UNPACKED:
            taken += len(inflater.decompress(rest, most))
            rest = inflater.unconsumed_tail
        yield packed, inflater


def ends_a_stream(case: Case) -> bool:
    """A DEFLATE block with BFINAL stands somewhere: unpacked in the largest window, so that no window matters."""
    try:
        return any(inflater.eof for _, inflater in streams(case, 15, MOST_UNPACKED))
    except zlib.error:
        return False


def ends_inside_a_block(case: Case) -> bool:
    """A message is not made of whole blocks: an empty one that ends the stream cannot follow."""
    try:
        return any(
            packed.endswith(TAIL) and not is_between_blocks(inflater)
            for packed, inflater in streams(case, 15, MOST_UNPACKED)
        )
    except zlib.error:
        return False


def is_between_blocks(inflater: "zlib._Decompress") -> bool:
    try:
        probe = inflater.copy()
        return bool(inflater.unconsumed_tail) or (not probe.decompress(b"\x03\0") and probe.eof)
    except zlib.error:
        return False


def refers_beyond_window(case: Case) -> bool:
    """A message refers to octets that the peer had agreed not to refer to: unpacked so that nothing but the window is there."""
    bits = max(case.setting.window()[0], 9) if case.setting.deflate is not None else 15
    return unpacks(case, 15) and not unpacks(case, bits)


def unpacks(case: Case, bits: int) -> bool:
    try:
        for _ in streams(case, bits, 64):
            pass
    except zlib.error:
        return False
    return True
