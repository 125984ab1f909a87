"""Conditional requests (RFC 9110 §13): what the client knows already decides whether it gets anything."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from .date import parse_http_date
from .etag import matches_strongly, matches_weakly, parse_etags

NOT_MODIFIED = 304
PRECONDITION_FAILED = 412

CONDITIONAL = frozenset(("if-match", "if-unmodified-since", "if-none-match", "if-modified-since", "if-range", "range"))
"""Fields without which nothing in this file can change an answer."""


class Validators(NamedTuple):
    """What tells one state of a representation from another. etag: as on the wire, empty when there is none.
    modified: seconds since 1970, None when not known."""

    etag: str = ""
    modified: int | None = None


def check_conditions(method: str, fields: Mapping[str, str], have: Validators) -> int | None:
    """304, 412, or None to go on with the method. For an answer that would be a 200 without them.

    In the order of precedence of §13.2.2: entity tags win over dates, what must hold over what is known.
    """
    if not _state_is_expected(fields, have):
        return PRECONDITION_FAILED
    is_reading = method in ("GET", "HEAD")
    known = fields.get("if-none-match")
    if known is not None:
        if not _is_known(known, have.etag):
            return None
        return NOT_MODIFIED if is_reading else PRECONDITION_FAILED
    if is_reading and have.modified is not None:
        since = parse_http_date(fields.get("if-modified-since", ""))
        if since is not None and have.modified <= since:
            return NOT_MODIFIED
    return None


def if_range_holds(fields: Mapping[str, str], have: Validators, now: float | None = None) -> bool:
    """Whether Range counts (§13.1.5): what the client has a part of is, for certain, what there is now.

    A date is certain only when the last change lies at least a second back (§8.8.2.2).
    """
    condition = fields.get("if-range")
    if condition is None:
        return True
    if '"' in condition:
        return matches_strongly(condition.strip(), have.etag)
    if have.modified is None or parse_http_date(condition) != have.modified:
        return False
    return (time.time() if now is None else now) - have.modified >= 1


def _state_is_expected(fields: Mapping[str, str], have: Validators) -> bool:
    """If-Match; without it If-Unmodified-Since."""
    expected = fields.get("if-match")
    if expected is not None:
        tags = parse_etags(expected)
        return tags is None or any(matches_strongly(tag, have.etag) for tag in tags)
    since = parse_http_date(fields.get("if-unmodified-since", ""))
    return since is None or have.modified is None or have.modified <= since


def _is_known(value: str, etag: str) -> bool:
    tags = parse_etags(value)
    return tags is None or any(matches_weakly(tag, etag) for tag in tags)
