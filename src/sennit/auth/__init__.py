"""Who is asking: accounts, passwords, signing in and out, and rules of access.

Imported when first used: the rules need no database, and the table of the stock `User` exists only where it is named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .rules import SignedIn as SignedIn
from .rules import all_of as all_of
from .rules import any_of as any_of
from .rules import can as can
from .rules import public as public
from .rules import signed_in as signed_in
from .rules import staff as staff

if TYPE_CHECKING:
    from .account import Account as Account
    from .account import end_sessions as end_sessions
    from .accounts import Accounts as Accounts
    from .creation import change_password as change_password
    from .creation import create_user as create_user
    from .passwords import Passwords as Passwords
    from .signing_in import sign_in as sign_in
    from .signing_in import sign_out as sign_out
    from .throttle import Throttle as Throttle
    from .user import User as User

_HOME = {
    "account": "Account end_sessions",
    "accounts": "Accounts",
    "creation": "change_password create_user",
    "passwords": "Passwords",
    "signing_in": "sign_in sign_out",
    "throttle": "Throttle",
    "user": "User",
}
_PLACE = {name: module for module, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_PLACE[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACE})
