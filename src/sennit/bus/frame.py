"""The frames that travel between the workers of one machine: length, kind, subject, payload.

length (4 octets, big endian, of all that follows) | kind (1) | length of the subject (1) | subject | payload
"""

from struct import Struct

MESSAGE = 0
GAP = 1
"""Something before this frame was lost: whoever receives it looks at the truth itself."""
FAREWELL = 2
"""The sender ends in good order: everything that it had to say came before."""

MOST_FRAME = 256 * 1024
"""Octets of one frame; a longer message becomes a gap."""

_HEAD = Struct("!IBB")
_LENGTH = 4


class FrameError(Exception):
    """What came is not a frame: the line cannot be trusted any more."""


def frame(kind: int, subject: str = "", payload: bytes = b"") -> bytes:
    """subject: at most 255 octets in UTF-8. Raises ValueError for a longer one."""
    name = subject.encode()
    if len(name) > 255:
        raise ValueError("the subject is longer than 255 octets")
    return _HEAD.pack(2 + len(name) + len(payload), kind, len(name)) + name + payload


def message_frame(subject: str, payload: bytes) -> bytes:
    """A message, or a gap where it would be too long."""
    made = frame(MESSAGE, subject, payload)
    return made if len(made) <= MOST_FRAME else frame(GAP)


class FrameReader:
    """Octets to frames, however they are cut. Holds at most one frame."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, str, bytes]]:
        """(kind, subject, payload) of every whole frame. Raises FrameError."""
        held = self._held
        held += data
        found: list[tuple[int, str, bytes]] = []
        start = 0
        while len(held) - start >= _HEAD.size:
            length, kind, name = _HEAD.unpack_from(held, start)
            end = start + _LENGTH + length
            if end - start > MOST_FRAME or length < 2 + name:
                raise FrameError(f"a frame of {length} octets")
            if len(held) < end:
                break
            split = start + _HEAD.size + name
            found.append((kind, _text(held[start + _HEAD.size : split]), bytes(held[split:end])))
            start = end
        del held[:start]
        return found


def _text(octets: bytearray) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise FrameError("a subject that is not UTF-8") from None
