"""One package for web applications and network services: models, live views, admin, HTTP and any protocol.

The public names, imported when first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import net as net
    from .app import App as App
    from .auth import all_of as all_of
    from .auth import any_of as any_of
    from .auth import can as can
    from .auth import public as public
    from .auth import signed_in as signed_in
    from .auth import staff as staff
    from .errors import BadRequest as BadRequest
    from .errors import Conflict as Conflict
    from .errors import Forbidden as Forbidden
    from .errors import NotFound as NotFound
    from .errors import Problem as Problem
    from .errors import SennitError as SennitError
    from .errors import Unauthorized as Unauthorized
    from .live import view as view
    from .model import Change as Change
    from .model import Database as Database
    from .model import Mapped as Mapped
    from .model import Model as Model
    from .model import SyncDatabase as SyncDatabase
    from .model import column as column
    from .model import many_to_many as many_to_many
    from .model import relationship as relationship
    from .model import utcnow as utcnow
    from .model import uuid7 as uuid7
    from .web import Body as Body
    from .web import Controller as Controller
    from .web import Cookie as Cookie
    from .web import EventStream as EventStream
    from .web import File as File
    from .web import FileResponse as FileResponse
    from .web import Form as Form
    from .web import Header as Header
    from .web import Provide as Provide
    from .web import Query as Query
    from .web import Request as Request
    from .web import Response as Response
    from .web import Router as Router
    from .web import Session as Session
    from .web import WebSocket as WebSocket
    from .web import back as back
    from .web import delete as delete
    from .web import get as get
    from .web import long_poll as long_poll
    from .web import of_user as of_user
    from .web import patch as patch
    from .web import post as post
    from .web import put as put
    from .web import redirect as redirect
    from .web import websocket as websocket

__version__ = "0.1.0"

_HOME = {
    "app": "App",
    "auth": "all_of any_of can public signed_in staff",
    "errors": "BadRequest Conflict Forbidden NotFound Problem SennitError Unauthorized",
    "live": "view",
    "model": "Change Database Mapped Model SyncDatabase column many_to_many relationship utcnow uuid7",
    "web": "Body Controller Cookie EventStream File FileResponse Form Header Provide Query Request Response Router Session "
    "WebSocket back delete get long_poll of_user patch post put redirect websocket",
}
_PLACE = {name: module for module, names in _HOME.items() for name in names.split()}
_MODULES = ("net", "client", "ftp")


class _Package(ModuleType):
    """The import system binds the subpackage `view` here when it is loaded; the public name is the decorator."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name == "view" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _PLACE:
        value = getattr(import_module(f".{_PLACE[name]}", __name__), name)
    elif name in _MODULES:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module 'sennit' has no attribute {name!r}")
    setattr(sys.modules[__name__], name, value)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACE, *_MODULES})
