"""Errors that say what happened, where, and how to mend it; and the status errors of HTTP.

Two trees:

    SennitError                 a mistake that a developer mends; carries a stable code with a page in docs/errors/
    Problem                     an answer to a client (RFC 9457); a status, a title, a detail
      BadRequest 400 · Unauthorized 401 · Forbidden 403 · NotFound 404 · MethodNotAllowed 405 · Conflict 409
      TooLarge 413 · UnsupportedMediaType 415 · Misdirected 421 · Unprocessable 422 · TooManyRequests 429
      ServiceUnavailable 503
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict

__all__ = [
    "BadRequest",
    "Conflict",
    "FieldError",
    "Forbidden",
    "MethodNotAllowed",
    "Misdirected",
    "NotFound",
    "Problem",
    "SennitError",
    "ServiceUnavailable",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unprocessable",
    "UnsupportedMediaType",
    "did_you_mean",
]


class SennitError(Exception):
    """A mistake in a program or its settings.

    code: stable, `<strand>.E<three digits>`, explained in `docs/errors/<code>.md` and by `sennit explain CODE`.
    what: what happened, with the value. where: file and line, route or field. fix: what to do.
    """

    def __init__(self, *, code: str, what: str, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [f"[{self.code}] {self.what}"]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)


FieldError = TypedDict("FieldError", {"in": str, "field": str, "code": str, "message": str})
"""One wrong input: `in` is path, query, header, cookie, form or body; `field` a path such as `items[0].price`."""


class Problem(Exception):
    """An answer other than success, raised anywhere below a handler (RFC 9457).

    `errors` lists every wrong field at once; `headers` are sent along (`Allow`, `Retry-After`).
    """

    status: int = 500
    title: str = ""

    _default_status: ClassVar[int] = 500

    def __init__(
        self,
        status: int | None = None,
        *,
        title: str = "",
        detail: str = "",
        type: str = "about:blank",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        self.status = self._default_status if status is None else status
        self.title = title or reason_phrase(self.status)
        self.detail = detail
        self.type = type
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions
        super().__init__(detail or self.title)


class BadRequest(Problem):
    _default_status = 400


class Unauthorized(Problem):
    _default_status = 401


class Forbidden(Problem):
    _default_status = 403


class NotFound(Problem):
    _default_status = 404


class MethodNotAllowed(Problem):
    _default_status = 405


class Conflict(Problem):
    _default_status = 409


class TooLarge(Problem):
    _default_status = 413


class UnsupportedMediaType(Problem):
    _default_status = 415


class Misdirected(Problem):
    _default_status = 421


class Unprocessable(Problem):
    _default_status = 422


class TooManyRequests(Problem):
    _default_status = 429


class ServiceUnavailable(Problem):
    _default_status = 503


def reason_phrase(status: int) -> str:
    """The phrase of RFC 9110 §15 for a status, `Status <n>` for one without."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def did_you_mean(wrong: str, names: Sequence[str]) -> str:
    """` Did you mean 'x'?` when a name is near the wrong one, else an empty string."""
    near = get_close_matches(wrong, names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
