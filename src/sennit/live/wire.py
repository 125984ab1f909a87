"""Messages of the live socket (subprotocol `sennit.1`), JSON arrays in text frames.

Down:  [shape, from, to, steps]   for who holds `from`: what to do with the rows
       [shape, from, to, whole]   for who holds `from` (what the browser said it holds, "" after `need`): a text that
                                  replaces everything, markup or for JSON regions an array of [key, row]
       ["gone", shape, why]       not yours any more, or not there any more
       ["stale", shape]           could not be rendered; what you have is the last good state
       ["drain", ms]              come back somewhere else within this time
       ["reload"]                 the page's template or inputs are others now
       ["ping"]
Up:    ["join", token, [[shape, digest], ...]]   also to resume
       ["have", [[shape, digest], ...]]          what a form's answer has brought
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


class Have(msgspec.Struct, frozen=True):
    held: list[tuple[str, str]]


class Leave(msgspec.Struct, frozen=True):
    token: str


class Need(msgspec.Struct, frozen=True):
    shape: str


class Visible(msgspec.Struct, frozen=True):
    is_visible: bool


class Pong(msgspec.Struct, frozen=True):
    pass


Up = Join | Have | Leave | Need | Visible | Pong


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
        case ["have", [*held]] if len(held) <= MOST_SHAPES:
            return Have([_pair(pair) for pair in held])
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


def frame(shape: str, before: str, after: str, encoded_body: str) -> str:
    """A frame whose body is JSON already.

    Also a whole says what it follows. A form's answer may have overtaken it, and then it would bring back an older state.
    """
    return f"[{encode([shape, before, after])[1:-1]},{encoded_body}]"


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
