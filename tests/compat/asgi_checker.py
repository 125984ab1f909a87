"""Holds the server's side to ASGI 3 (HTTP and WebSocket 2.4, lifespan 2.0): wraps an application, checks what it is given."""

from typing import Any

BYTES_OR_STR = (bytes, str)


def checked(application: Any) -> Any:
    async def wrapped(scope, receive, send):
        check_scope(scope)
        state = {"over": False, "connected": False}

        async def checked_receive():
            message = await receive()
            CHECKS[scope["type"]](message, state)
            return message

        await application(scope, checked_receive, send)

    return wrapped


def check_scope(scope: dict[str, Any]) -> None:
    assert type(scope) is dict
    assert scope["asgi"]["version"] == "3.0"
    assert scope["asgi"]["spec_version"] in ("2.0", "2.3", "2.4", "2.5")
    if scope["type"] == "lifespan":
        assert type(scope["state"]) is dict
        return
    assert scope["type"] in ("http", "websocket")
    assert scope["http_version"] in ("1.0", "1.1", "2")
    assert scope["scheme"] in (("http", "https") if scope["type"] == "http" else ("ws", "wss"))
    assert type(scope["path"]) is str and scope["path"].startswith("/")
    assert type(scope["raw_path"]) is bytes and b"?" not in scope["raw_path"]
    assert type(scope["query_string"]) is bytes
    assert type(scope["root_path"]) is str and not scope["root_path"].endswith("/")
    assert scope["path"].startswith(scope["root_path"])
    for name, value in scope["headers"]:
        assert type(name) is bytes and name == name.lower() and not name.startswith(b":") and b"_" not in name
        assert type(value) is bytes and value == value.strip()
    assert scope["client"] is None or (type(scope["client"][0]) is str and type(scope["client"][1]) is int)
    assert type(scope["server"][0]) is str and type(scope["server"][1]) is int
    assert type(scope["state"]) is dict and type(scope["extensions"]) is dict
    if scope["type"] == "http":
        assert scope["method"] == scope["method"].upper()
    else:
        assert all(type(name) is str for name in scope["subprotocols"])


def check_http(message: dict[str, Any], state: dict[str, bool]) -> None:
    if message["type"] == "http.disconnect":
        assert set(message) == {"type"}
        return
    assert message["type"] == "http.request" and not state["over"], (
        "nothing but a disconnect follows the end of the body"
    )
    assert type(message["body"]) is bytes and type(message["more_body"]) is bool
    state["over"] = not message["more_body"]


def check_websocket(message: dict[str, Any], state: dict[str, bool]) -> None:
    if not state["connected"]:
        assert message == {"type": "websocket.connect"}
        state["connected"] = True
    elif message["type"] == "websocket.disconnect":
        assert type(message["code"]) is int and type(message["reason"]) is str
        state["over"] = True
    else:
        assert message["type"] == "websocket.receive" and not state["over"]
        assert (message.get("text") is None) != (message.get("bytes") is None)
        assert isinstance(message.get("text", message.get("bytes")), BYTES_OR_STR)


def check_lifespan(message: dict[str, Any], state: dict[str, bool]) -> None:
    wanted = "lifespan.shutdown" if state["connected"] else "lifespan.startup"
    assert message == {"type": wanted}
    state["connected"] = True


CHECKS = {"http": check_http, "websocket": check_websocket, "lifespan": check_lifespan}
