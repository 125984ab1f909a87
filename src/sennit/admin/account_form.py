"""What the console does differently for accounts: names are checked, a password is set and never shown, and nobody
locks themselves out."""

from typing import Any

from ..auth import Account
from ..auth.creation import email_errors, password_errors, username_errors
from ..auth.passwords import Passwords
from .editing import Edit
from .form_field import NEW_PASSWORD


def check_account(edit: Edit, row: Any) -> None:
    """Adds what is wrong about the name, the address and the password; row: None for a new account."""
    username = edit.values.get("username", "" if row is None else row.username)
    found = []
    if "username" in edit.values:
        edit.values["username"] = username.strip()
        found += username_errors(username)
    if edit.values.get("email"):
        found += email_errors(edit.values["email"])
    if NEW_PASSWORD in edit.values:
        found += [{**error, "field": NEW_PASSWORD} for error in password_errors(edit.values[NEW_PASSWORD], username)]
    for error in found:
        edit.errors.setdefault(error["field"], error["message"])


def keep_way_in(edit: Edit, row: Any, user: Account) -> None:
    """One's own account stays active and on the staff: another of the staff can take that away."""
    if not (isinstance(row, Account) and isinstance(user, type(row)) and row.id == user.id):
        return
    for name in ("is_active", "is_staff"):
        if edit.values.get(name) is False:
            edit.errors[name] = "would lock you out; ask another of the staff"


async def take_password(values: dict[str, Any], passwords: Passwords) -> None:
    """Puts the hash in place of a new password, whichever was sent."""
    plain = values.pop(NEW_PASSWORD, None)
    if plain is not None:
        values["password"] = await passwords.hash(plain)
