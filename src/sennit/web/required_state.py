"""The state that a change is meant for (RFC 9110 §13.1): what If-Match and its like say, asked for by a handler."""

from datetime import UTC, datetime

from ..errors import Problem
from ..http.conditions import CONDITIONAL, PRECONDITION_FAILED, Validators, check_conditions
from ..http.fields import Fields
from .entity_tag import unmarked


def conditions_of(fields: Fields) -> dict[str, str]:
    """The conditional fields; a tag's mark of a content coding does not count, it names the same state."""
    return {name: unmarked(fields[name]) for name in CONDITIONAL if name in fields}


def require_state(method: str, fields: Fields, tag: str | None, modified: datetime | None) -> None:
    """Raises Problem 412 when the state there is not the one that the client means.

    tag: None when there is nothing at the target, which `If-None-Match: *` asks for and `If-Match` does not.
    """
    asked = conditions_of(fields)
    if tag is None and "if-match" in asked:
        raise _changed()
    if tag is None:
        asked.pop("if-none-match", None)
    moment = None if modified is None else int(modified.replace(tzinfo=modified.tzinfo or UTC).timestamp())
    if check_conditions(method, asked, Validators(tag or "", moment)) == PRECONDITION_FAILED:
        raise _changed()


def _changed() -> Problem:
    return Problem(412, detail="It has changed since you read it; read it again.")
