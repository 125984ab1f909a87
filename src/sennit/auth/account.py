"""`Account`: what every model of users has. `class Member(Account): nickname: Mapped[str]`, then `App(accounts=Member)`."""

from datetime import datetime

from sqlalchemy import inspect
from sqlalchemy.orm import validates

from ..errors import SennitError
from ..model import Mapped, Model, column, utcnow
from .passwords import is_password_hash
from .usernames import MOST_CHARACTERS, MOST_KEY_CHARACTERS, username_key


class Account(Model, abstract=True):
    """A base of user models.

    username: kept as written, unique whatever the case. password: its hash, never shown; a new one ends the sessions that
    the old one began. permissions: names such as `article.edit` or `article.*`, separated by spaces, that `can(…)` asks for.
    """

    username: Mapped[str] = column(
        length=MOST_CHARACTERS, help="Letters, digits and . @ + - _; capitals make no difference."
    )
    username_key: Mapped[str] = column(length=MOST_KEY_CHARACTERS, unique=True, private=True)
    email: Mapped[str] = column(length=254, default="")
    password: Mapped[str] = column(length=512, default="", private=True)
    is_active: Mapped[bool] = column(default=True, help="Off: cannot sign in, and is signed out everywhere at once.")
    is_staff: Mapped[bool] = column(default=False, help="May enter this console, and holds every permission.")
    permissions: Mapped[str] = column(
        length=2000, default="", help="Names such as article.edit or article.*, separated by spaces."
    )
    created_at: Mapped[datetime] = column(default=utcnow)
    last_seen_at: Mapped[datetime | None] = column(default=None, help="The last time this account signed in.")
    session_version: Mapped[int] = column(default=0, private=True)

    def __str__(self) -> str:
        return self.username

    def can(self, permission: str) -> bool:
        """Whether the account holds a permission by name, by a pattern such as `article.*`, or by being staff."""
        if not self.is_active:
            return False
        return self.is_staff or any(_covers(held, permission) for held in self.permissions.split())

    @validates("username")
    def _keep_key(self, name: str, username: str) -> str:
        self.username_key = username_key(username)
        return username

    @validates("password")
    def _refuse_plain_text(self, name: str, encoded: str) -> str:
        if not is_password_hash(encoded):
            raise SennitError(
                code="auth.E001",
                what=f"{type(self).__name__}.password was given a text that is no password hash",
                where=f"{type(self).__name__}.password",
                fix="await create_user(db, username=…, password=…), or await change_password(db, user, password)",
            )
        if inspect(self).persistent and self.__dict__.get("password") != encoded:
            end_sessions(self)
        return encoded


def end_sessions(account: Account) -> None:
    """Sign an account out everywhere, with the commit: sessions and live views of the version before end."""
    loaded = account.__dict__.get("session_version")
    account.session_version = type(account).session_version + 1 if loaded is None else loaded + 1


def _covers(held: str, permission: str) -> bool:
    return held == permission or (held.endswith("*") and permission.startswith(held[:-1]))
