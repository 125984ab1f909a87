"""Messages of the live socket (subprotocol `sennit.1`), JSON arrays in text frames.

Down:  [shape, from, to, steps]   the shape's rows, for who holds `from`
       [shape, 0, to, whole]      the shape, for everybody; markup, or an array of rows for JSON regions
       ["gone", shape, why]       not yours any more, or not there any more
       ["stale", shape]           could not be rendered; what you have is the last good state
       ["drain", ms]              come back somewhere else within this time
       ["reload"]                 the page's template or inputs are others now
       ["ping"]
Up:    ["join", token, [[shape, digest], ...]]   also to resume
       ["leave", token]  ["need", shape]  ["vis", 0 | 1]  ["pong"]
"""

from collections.abc import Sequence
from typing import Any

import msgspec

SUBPROTOCOL = "sennit.1"
MOST_UP = 16 * 1024
"""Bytes of one message of a browser."""
MOST_SHAPES = 64
"""Shapes of one page."""
MOST_SEATS = 4
"""Pages that one socket shows at a time."""


class WrongMessage(Exception):
    """A browser sent something outside the grammar above."""


class Join(msgspec.Struct, frozen=True):
    token: str
    held: list[tuple[str, str]]


class Leave(msgspec.Struct, frozen=True):
    token: str


class Need(msgspec.Struct, frozen=True):
    shape: str


class Visible(msgspec.Struct, frozen=True):
    is_visible: bool


class Pong(msgspec.Struct, frozen=True):
    pass


Up = Join | Leave | Need | Visible | Pong


def parse_up(message: str | bytes) -> Up:
    """Raises WrongMessage."""
    if isinstance(message, bytes) or len(message) > MOST_UP:
        raise WrongMessage("too long or not text")
    try:
        parts = msgspec.json.decode(message)
        return _parsed(parts)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise WrongMessage("not a message of this protocol") from error


def _parsed(parts: Any) -> Up:
    match parts:
        case ["join", str(token), [*held]] if len(held) <= MOST_SHAPES:
            return Join(token, [_pair(pair) for pair in held])
        case ["leave", str(token)]:
            return Leave(token)
        case ["need", str(shape)]:
            return Need(shape)
        case ["vis", 0 | 1 as visible]:
            return Visible(bool(visible))
        case ["pong"]:
            return Pong()
    raise ValueError


def _pair(pair: Any) -> tuple[str, str]:
    match pair:
        case [str(shape), str(held)] if len(shape) <= 16 and len(held) <= 16:
            return shape, held
    raise ValueError


def encode(message: Sequence[Any]) -> str:
    return msgspec.json.encode(message).decode()


def gone(shape: str, why: str) -> str:
    return encode(["gone", shape, why])


def stale(shape: str) -> str:
    return encode(["stale", shape])


RELOAD = encode(["reload"])
PING = encode(["ping"])


def drain(milliseconds: int) -> str:
    return encode(["drain", milliseconds])
