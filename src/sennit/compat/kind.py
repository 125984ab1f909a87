"""Telling ASGI from WSGI applications."""

import inspect
from typing import Any

from ..web.assembly import as_mounted
from ..web.mount import Mounted
from .asgi_mount import AsgiMount
from .wsgi_mount import WsgiMount


def mounted(application: Any, where: str) -> Mounted:
    """The adapter of an application: itself when it is one, ASGI by its coroutine or three parameters, WSGI by its two.

    One that takes `*arguments` is taken for WSGI; an ASGI application of that form is given as `AsgiMount(application)`.
    Raises SennitError route.E018 for anything else; where: the file and line to name.
    """
    if isinstance(application, Mounted) or not callable(application):
        return as_mounted(application, where)
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(getattr(application, "__call__", None)):  # noqa: B004
        return AsgiMount(application)
    count = _positional(application)
    if count == 3:
        return AsgiMount(application)
    return WsgiMount(application) if count == 2 else as_mounted(application, where)


def _positional(application: Any) -> int:
    """How many arguments without defaults it takes; a class is no application, its instances are."""
    if isinstance(application, type):
        return 0
    try:
        parameters = inspect.signature(application).parameters.values()
    except (TypeError, ValueError):
        return 0
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 2
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds and parameter.default is parameter.empty for parameter in parameters)
