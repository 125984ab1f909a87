"""Cookies (RFC 6265): the one parser for `Cookie` and the one serializer for `Set-Cookie`.

The parser takes the first of two equal names, strips no quotes, knows no `$Version`, and is linear in the input.
"""

import re
from collections.abc import Mapping
from typing import Literal

from ..errors import SennitError

MOST_COOKIES = 100
MOST_BYTES = 8 * 1024

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # cookie-octet, RFC 6265 §4.1.1
_ATTRIBUTE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")  # av-octet: no controls, no semicolon

SameSite = Literal["Lax", "Strict", "None"]


def parse_cookies(header: str) -> dict[str, str]:
    """The cookies of a `Cookie` field value. What is malformed or over the limits (100, 8 KiB) is left out."""
    cookies: dict[str, str] = {}
    for pair in header[:MOST_BYTES].split(";")[:MOST_COOKIES]:
        name, equals, value = pair.strip(" \t").partition("=")
        if equals and _NAME.fullmatch(name):
            cookies.setdefault(name, value)
    return cookies


def serialize_set_cookie(name: str, value: str, attributes: Mapping[str, str | bool | int | None]) -> str:
    """A `Set-Cookie` field value. An attribute of True stands alone, one of False or None is left out.

    Raises SennitError for a name, value or attribute outside the grammar of RFC 6265 §4.1.1.
    """
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise _refused(name)
    parts = [f"{name}={value}"]
    for key, setting in attributes.items():
        if setting is None or setting is False:
            continue
        if not _ATTRIBUTE.fullmatch(str(setting)):
            raise _refused(name)
        parts.append(key if setting is True else f"{key}={setting}")
    return "; ".join(parts)


def _refused(name: str) -> SennitError:
    return SennitError(
        code="http.E003",
        what=f"the cookie {name[:80]!r} has a character that cookies cannot carry in its name, value or attributes",
        fix="encode the value (urllib.parse.quote or base64) before setting it",
    )
