"""The rows on bare RSGI (granian's own interface)."""

from urllib.parse import parse_qs

import msgspec
from order import Order, greeting, summary

TEXT = [("content-type", "text/html; charset=utf-8")]
JSON = [("content-type", "application/json")]


async def app(scope, protocol):
    path = scope.path
    if path == "/":
        protocol.response_str(200, TEXT, "Hello, World!")
    elif path.startswith("/greet/"):
        times = int(parse_qs(scope.query_string)["times"][0])
        protocol.response_bytes(200, JSON, msgspec.json.encode(greeting(path[7:], times)))
    else:
        order = msgspec.json.decode(await protocol(), type=Order)
        protocol.response_bytes(200, JSON, msgspec.json.encode(summary(order)))
