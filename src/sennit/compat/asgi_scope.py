"""A request as ASGI describes it (ASGI 3, HTTP and WebSocket 2.4)."""

from typing import Any
from urllib.parse import unquote

from ..http.exchange import Exchange
from ..web.request import Request

VERSIONS = {"version": "3.0", "spec_version": "2.4"}


def http_scope(request: Request, root: str, state: dict[str, Any]) -> dict[str, Any]:
    scope = _scope(request.exchange, root, state)
    return {**scope, "type": "http", "method": request.method}


def websocket_scope(request: Request, root: str, state: dict[str, Any]) -> dict[str, Any]:
    scope = _scope(request.exchange, root, state)
    offer = request.exchange.websocket_offer
    scheme = "wss" if scope["scheme"] == "https" else "ws"
    return {**scope, "type": "websocket", "scheme": scheme, "subprotocols": list(offer.subprotocols if offer else ())}


def _scope(exchange: Exchange, root: str, state: dict[str, Any]) -> dict[str, Any]:
    """`path` and `raw_path` are whole, with `root_path` in front. `state` is the application's own; each request has a copy."""
    host, _, port = (
        exchange.host.rpartition(":") if exchange.host.rsplit(":", 1)[-1].isdigit() else (exchange.host, "", "")
    )
    return {
        "asgi": dict(VERSIONS),
        "http_version": exchange.http_version,
        "scheme": exchange.scheme,
        "path": unquote(exchange.raw_path),
        "raw_path": exchange.raw_path.encode("ascii"),
        "query_string": exchange.query_string.encode("ascii"),
        "root_path": unquote(root),
        "headers": header_lines(exchange),
        "client": tuple(exchange.client) if exchange.client.port else None,
        "server": (host, int(port) if port else 443 if exchange.scheme == "https" else 80),
        "state": dict(state),
        "extensions": {},
    }


def header_lines(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    """Without names that have `_`: frameworks make the same variable of them as of `-` (threat R8)."""
    return [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in exchange.fields.lines() if "_" not in name
    ]
