"""A request as WSGI describes it (PEP 3333)."""

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from ..http.exchange import Exchange

_OWN = frozenset({"content-type", "content-length", "transfer-encoding", "proxy"})
"""Not as HTTP_…: the first two have names of their own; HTTP_PROXY would be taken for a setting of HTTP clients (httpoxy)."""


def environ_of(exchange: Exchange, root: str, body: object) -> dict[str, Any]:
    """Text is bytes as ISO 8859-1. `SCRIPT_NAME` is the path that led to the application, `PATH_INFO` the rest."""
    host, port = _host_and_port(exchange)
    fields = exchange.fields
    query = f"?{exchange.query_string}" if exchange.query_string else ""
    return {
        "REQUEST_METHOD": exchange.method,
        "SCRIPT_NAME": _native(root),
        "PATH_INFO": _native(exchange.raw_path[len(root) :]),
        "QUERY_STRING": exchange.query_string,
        "REQUEST_URI": exchange.raw_path + query,
        "CONTENT_TYPE": fields.get("content-type", ""),
        "CONTENT_LENGTH": fields.get("content-length", ""),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{exchange.http_version}",
        "REMOTE_ADDR": exchange.client.host,
        "REMOTE_PORT": str(exchange.client.port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": exchange.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **dict(_variables(exchange)),
    }


def _variables(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Lines of one name joined. Names with `_` are left out: they would be the same variable as the one with `-` (threat R8)."""
    fields = exchange.fields
    for name in fields:
        if "_" not in name and name not in _OWN:
            joint = "; " if name == "cookie" else ","
            yield f"HTTP_{name.upper().replace('-', '_')}", joint.join(fields.get_all(name))


def _host_and_port(exchange: Exchange) -> tuple[str, str]:
    host, _, port = exchange.host.rpartition(":")
    if host and port.isdigit():
        return host, port
    return exchange.host or "localhost", "443" if exchange.scheme == "https" else "80"


def _native(raw: str) -> str:
    return unquote_to_bytes(raw).decode("latin-1")
