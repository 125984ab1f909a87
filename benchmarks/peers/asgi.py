"""The rows on bare ASGI: no framework, JSON by msgspec, typed by hand."""

from urllib.parse import parse_qs

import msgspec
from order import Order, greeting, summary

TEXT = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"13")]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/":
        await send({"type": "http.response.start", "status": 200, "headers": TEXT})
        await send({"type": "http.response.body", "body": b"Hello, World!"})
        return
    if path.startswith("/greet/"):
        times = int(parse_qs(scope["query_string"].decode())["times"][0])
        body = msgspec.json.encode(greeting(path[7:], times))
    else:
        received = b""
        while True:
            message = await receive()
            received += message.get("body", b"")
            if not message.get("more_body"):
                break
        body = msgspec.json.encode(summary(msgspec.json.decode(received, type=Order)))
    lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": lines})
    await send({"type": "http.response.body", "body": body})
