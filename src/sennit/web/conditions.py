"""The conditions of a request (RFC 9110 §13): what a client makes its request depend on."""

import datetime
from email.utils import parsedate_to_datetime

from ..errors import Problem
from ..http.fields import Fields
from .entity_tag import lists

_LONGEST_DATE = 64

Moment = datetime.datetime | None


def still_matches(fields: Fields, tag: str | None, modified: Moment) -> bool:
    """If-Match, or without it If-Unmodified-Since (§13.2.2, steps 1 and 2)."""
    wanted = fields.get_all("if-match")
    if wanted:
        return tag is not None and lists(wanted, tag, strongly=True)
    since = http_moment(fields.get("if-unmodified-since", ""))
    return since is None or modified is None or modified <= since


def is_known(fields: Fields, tag: str | None, modified: Moment) -> bool:
    """If-None-Match, or without it If-Modified-Since (§13.2.2, steps 3 and 4): the client has this state already."""
    known = fields.get_all("if-none-match")
    if known:
        return tag is not None and lists(known, tag, strongly=False)
    since = http_moment(fields.get("if-modified-since", ""))
    return since is not None and modified is not None and modified <= since


def check_conditions(fields: Fields, tag: str | None, modified: Moment) -> None:
    """For methods that change something. Raises Problem 412 when the state there is not the one that the client means.

    tag: None when there is nothing at the target, which `If-None-Match: *` asks for and `If-Match: *` does not.
    """
    if modified is not None:
        modified = modified.replace(tzinfo=modified.tzinfo or datetime.UTC, microsecond=0)
    is_there = tag is not None and lists(fields.get_all("if-none-match"), tag, strongly=False)
    if is_there or not still_matches(fields, tag, modified):
        raise Problem(412, detail="It has changed since you read it; read it again.")


def http_moment(text: str) -> Moment:
    """An HTTP date in any of its three forms (§5.6.7), None for anything else."""
    if not text or len(text) > _LONGEST_DATE or not text.isascii():
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # all of which it raises for some text
        return None
