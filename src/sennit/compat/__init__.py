"""Applications of other frameworks inside a sennit process: ASGI and WSGI below a path (`app.mount`)."""

from .asgi_mount import AsgiMount as AsgiMount
from .wsgi_mount import WsgiMount as WsgiMount
from .kind import mounted as mounted
