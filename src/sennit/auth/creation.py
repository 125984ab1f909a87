"""Making accounts and changing passwords, in programs, the command line and the console alike."""

import re
import unicodedata
from typing import Any, TypeVar

from ..errors import Conflict, FieldError, Unprocessable
from ..model import Database
from .account import Account
from .passwords import MOST_CHARACTERS, Passwords
from .user import User
from .usernames import username_fault, username_key

A = TypeVar("A", bound=Account)

FEWEST_CHARACTERS = 8

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s.<>()\[\],;:\"\\]+(\.[^@\s.<>()\[\],;:\"\\]+)*")
_GUESSED_FIRST = frozenset(
    """
    password password1 passw0rd 12345678 123456789 1234567890 11111111 00000000 qwertyui qwertyuiop qwerty123
    1q2w3e4r 1q2w3e4r5t iloveyou sunshine princess football baseball superman trustno1 letmein1 welcome1 abcd1234
    abc12345 admin123 administrator changeme computer internet whatever starwars michelle jennifer passwort
    """.split()
)


async def create_user(
    db: Database,
    *,
    username: str,
    password: str | None,
    staff: bool = False,
    email: str = "",
    model: type[A] = User,  # type: ignore[assignment]
    passwords: Passwords | None = None,
    **values: Any,
) -> A:
    """A new account, flushed so that it has its id. password: None makes an account that no password opens.

    values: for the further columns of a model of your own.

    Raises Unprocessable with everything that is wrong about the values, Conflict when the username is taken.
    """
    errors = [*username_errors(username), *email_errors(email)]
    errors += [] if password is None else password_errors(password, username)
    if errors:
        raise Unprocessable(detail=_summary(errors), errors=errors)
    if await db.scalar(model.where(username_key=username_key(username)).exists()):
        raise taken(username)
    encoded = "" if password is None else await (passwords or Passwords()).hash(password)
    account = model(username=username.strip(), email=email.strip(), is_staff=staff, password=encoded, **values)
    db.add(account)
    await _flush(db, username)
    return account


async def _flush(db: Database, username: str) -> None:
    """Somebody may have taken the name since we looked; the column that says so is not one that people know."""
    try:
        await db.flush()
    except Conflict as conflict:
        if any(error["field"] == "username_key" for error in conflict.errors):
            raise taken(username) from conflict
        raise


async def change_password(db: Database, user: Account, password: str, *, passwords: Passwords | None = None) -> None:
    """Set a new password, with the commit; it ends every session that the old one began.

    Raises Unprocessable when the password is too easy to guess.
    """
    errors = password_errors(password, user.username)
    if errors:
        raise Unprocessable(detail=_summary(errors), errors=errors)
    user.password = await (passwords or Passwords()).hash(password)
    await db.flush()


def username_errors(username: str) -> list[FieldError]:
    """What is wrong with a username; empty when nothing is."""
    fault = username_fault(username.strip())
    return [_error("username", "value", fault)] if fault else []


def email_errors(email: str) -> list[FieldError]:
    """What is wrong with an address; the empty one is none at all."""
    email = email.strip()
    if not email or (len(email) <= 254 and _EMAIL.fullmatch(email)):
        return []
    return [_error("email", "value", "is not a mail address")]


def password_errors(password: str, username: str = "") -> list[FieldError]:
    """What makes a password too easy to guess; empty when nothing does."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < FEWEST_CHARACTERS:
        return [_error("password", "short", f"has fewer than {FEWEST_CHARACTERS} characters")]
    if len(password) > MOST_CHARACTERS:
        return [_error("password", "long", f"has more than {MOST_CHARACTERS} characters")]
    if username and plain == username_key(username):
        return [_error("password", "username", "is the username")]
    if plain in _GUESSED_FIRST or len(set(plain)) == 1:
        return [_error("password", "common", "is among those that are guessed first")]
    return []


def taken(username: str) -> Conflict:
    errors = [_error("username", "unique", "is taken already")]
    return Conflict(detail=f"The username {username[:150]!r} is taken already.", errors=errors)


def _error(field: str, code: str, message: str) -> FieldError:
    return {"in": "body", "field": field, "code": code, "message": message}


def _summary(errors: list[FieldError]) -> str:
    return "; ".join(f"{error['field']} {error['message']}" for error in errors)
