"""Who a session belongs to: signing in, signing out, and finding the user again with each request.

The cookie holds the user's key and the `session_version` of the account at that time; a new password, a block or
`end_sessions` changes what it is compared with, so old sessions end at once on every machine.
"""

import secrets
from typing import Any, Protocol, TypeVar

import msgspec

from ..model import Database
from .account import Account

A = TypeVar("A", bound=Account)

USER = "user"
USER_VERSION = "user_version"
DEVICE = "device"
KNOWN = "known"
MOST_KNOWN = 5
"""Accounts that a device is remembered for, the oldest forgotten first; all of it must fit into a cookie."""


class SessionLike(Protocol):
    """What signing in needs of a session: `sennit.web.Session`."""

    def rotate(self) -> None: ...
    def clear(self) -> None: ...
    def get(self, name: str, /) -> Any: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def __setitem__(self, name: str, value: Any, /) -> None: ...


def sign_in(session: SessionLike, user: Account) -> None:
    """Make the session this user's. Its id changes (session fixation); what another user left in it goes."""
    key = key_text(user)
    remembered = _remembered(session)
    if session.get(USER) not in (None, key):
        session.clear()
    session[USER] = key
    session[USER_VERSION] = user.session_version
    session[DEVICE] = remembered[0] or secrets.token_urlsafe(9)
    session[KNOWN] = [*(one for one in remembered[1] if one != key), key][-MOST_KNOWN:]
    session.rotate()


def sign_out(session: SessionLike) -> None:
    """Forget the user and everything in the session but that this device has been known."""
    device, known = _remembered(session)
    session.clear()
    if device:
        session[DEVICE], session[KNOWN] = device, known


def known_device(session: SessionLike, user: Account | None) -> str:
    """The mark of this device if the user has signed in on it before, else empty (see `Throttle.admit`)."""
    device, known = _remembered(session)
    return device if user is not None and key_text(user) in known else ""


async def user_of(session: SessionLike, db: Database, model: type[A]) -> A | None:
    """The active user whom a session belongs to, None for nobody or for one whose session has ended."""
    key = session.get(USER)
    if key is None:
        return None
    user = await db.find(model, _key_value(model, key))
    if user is None or not user.is_active or user.session_version != session.get(USER_VERSION):
        return None
    return user


def _remembered(session: SessionLike) -> tuple[str, list[str]]:
    device, known = session.get(DEVICE), session.get(KNOWN)
    return (device, list(known)) if isinstance(device, str) and isinstance(known, list) else ("", [])


def key_text(user: Account) -> str:
    return str(user.id)


def _key_value(model: type[Account], text: str) -> Any:
    """A key as its column has it; a text that is none, since the model changed, finds nobody."""
    try:
        return msgspec.convert(text, model.__table__.c.id.type.python_type, strict=False)
    except (msgspec.ValidationError, NotImplementedError):
        return None
