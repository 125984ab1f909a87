"""Imports what needs a database when it is first used: the rules of access need none, and the table of the stock `User`
exists only where somebody names it."""

import sys
from importlib import import_module
from typing import Any

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
    """The package's `__getattr__` (PEP 562)."""
    package = __package__ or ""
    if name not in _PLACE:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_PLACE[name]}", package), name)
    setattr(sys.modules[package], name, value)
    return value
