"""Request targets as logs may show them: control characters escaped, secrets in the query masked (threat R44)."""

import re
from functools import lru_cache
from urllib.parse import unquote_plus

MASK = "[masked]"

_SECRET = re.compile(
    r"passw|passphrase|token|secret|signature|cookie|credential|csrf|jwt|session|authoriz|bearer|api[_-]?key|private[_-]?key"
)
_SECRET_NAMES = frozenset(("auth", "code", "key", "otp", "pin", "pwd", "sid", "sig"))
_LONGEST_NAME = 200
_MAY_HOLD_ONE = re.compile(rf"{_SECRET.pattern}|(?:^|&)(?:{'|'.join(sorted(_SECRET_NAMES))})=|[%+]", re.IGNORECASE)
"""One look at the whole query, which nearly always says that there is nothing to mask."""


def printable(text: str) -> str:
    """The text with control characters, backslashes and double quotes escaped; no line of a log ends where it should not."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(c if c.isprintable() and c not in '"\\' else _escaped(c) for c in text)


def masked(target: str) -> str:
    """The target without the values of query parameters that are named like secrets."""
    path, mark, query = target.partition("?")
    if not mark or not _MAY_HOLD_ONE.search(query):
        return target
    return f"{path}?{'&'.join(map(_pair, query.split('&')))}"


def _pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and is_secret(name[:_LONGEST_NAME]) else pair


@lru_cache(1024)
def is_secret(name: str) -> bool:
    plain = unquote_plus(name).lower()
    return plain in _SECRET_NAMES or _SECRET.search(plain) is not None


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
