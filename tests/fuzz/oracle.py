"""The rule: no message that we accept is framed differently by a parser that accepts it too.

A parser that refuses what we accept must have one of the reasons in `STRICTER`; one that we refuse and they accept is
ours to refuse, and needs none.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from fuzz.parsers import CLOSED, REFUSED, Taken, by_h11, by_llhttp, ours

_UPGRADE = re.compile(rb"(?i)upgrade")
_ABSOLUTE = re.compile(r"(?i)https?://[^/?]*")


class Stricter(NamedTuple):
    """Why `parser` does not take a message that we take: `applies` is asked of its octets and of those before it."""

    parser: str
    why: str
    applies: Callable[[bytes, bytes], bool]


LLHTTP_METHODS = frozenset(
    b"DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL "
    b"REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE QUERY".split()
)

_BLANK_BEFORE = re.compile(rb"\n[0-9A-Fa-f]+[ \t]+;")
_BLANK_IN = re.compile(rb"\n[0-9A-Fa-f]+[^\r\n]*(?:[ \t][;=]|[;=][ \t])")
_FRAMING_BEHIND = re.compile(rb"\n0+[^\n]*\r\n.*?(?:content-length|transfer-encoding):", re.IGNORECASE | re.DOTALL)

_TAB_BEHIND = re.compile(rb"transfer-encoding:[^\r\n]*\t[ \t]*\r", re.IGNORECASE)

STRICTER = [
    Stricter(
        "h11",
        "takes no empty line before a request (RFC 9112 §2.2 says SHOULD)",
        lambda now, _: now.startswith(b"\r\n"),
    ),
    Stricter("h11", "keeps no HTTP/1.0 connection alive", lambda _, before: b" HTTP/1.0\r\n" in before),
    Stricter(
        "h11",
        "takes no bad white space before a chunk extension (RFC 9112 §7.1.1)",
        lambda now, _: bool(_BLANK_BEFORE.search(now)),
    ),
    Stricter(
        "llhttp",
        "takes no bad white space in a chunk extension (RFC 9112 §7.1.1)",
        lambda now, _: bool(_BLANK_IN.search(now)),
    ),
    Stricter(
        "h11",
        "reads framing fields in trailers; we keep trailers apart",
        lambda now, _: bool(_FRAMING_BEHIND.search(now)),
    ),
    Stricter(
        "llhttp",
        "reads framing fields in trailers; we keep trailers apart",
        lambda now, _: bool(_FRAMING_BEHIND.search(now)),
    ),
    Stricter(
        "llhttp", "knows a list of methods", lambda now, _: now.lstrip(b"\r\n").split(b" ")[0] not in LLHTTP_METHODS
    ),
    Stricter("llhttp", "takes no tab behind a coding (OWS, RFC 9112 §5)", lambda now, _: bool(_TAB_BEHIND.search(now))),
]


def complaint(data: bytes) -> str | None:
    """What breaks the rule, None when nothing does."""
    mine = ours(data)
    said = compare("h11", data, mine, by_h11(data))
    if said is None:
        # llhttp hands a connection over at any Upgrade, before the body; we ignore what we do not know, and so must it.
        without = _UPGRADE.sub(b"upgradx", data)
        said = compare("llhttp", without, mine if without == data else ours(without), by_llhttp(without))
    return said


def compare(name: str, data: bytes, mine: Taken, theirs: Taken) -> str | None:
    for number, (request, other) in enumerate(zip(mine.requests, theirs.requests, strict=False)):
        if request != _like_ours(other):
            return f"{name} frames request {number} differently: ours {request}, theirs {other}"
    if len(theirs.requests) < len(mine.requests) and not _is_explained(name, data, mine, theirs):
        missing = mine.requests[len(theirs.requests)]
        return f"{name} is {theirs.end} where we accept {missing}"
    if len(theirs.requests) > len(mine.requests) and mine.end not in (REFUSED, CLOSED):
        return f"{name} accepts {theirs.requests[len(mine.requests)]} where we wait"
    return None


def _like_ours(request: tuple[str, str, bytes]) -> tuple[str, str, bytes]:
    """Absolute-form is kept whole by the others and taken apart by us; an empty query is none."""
    method, target, body = request
    rest = _ABSOLUTE.sub("", target, count=1)
    if rest != target and not rest.startswith("/"):
        rest = "/" + rest
    return method, rest[:-1] if rest.endswith("?") and rest.count("?") == 1 else rest, body


def _is_explained(name: str, data: bytes, mine: Taken, theirs: Taken) -> bool:
    begin, end = mine.begins[len(theirs.requests) :][:2]
    before, now = data[:begin], data[begin:end]
    return any(reason.parser == name and reason.applies(now, before) for reason in STRICTER)
