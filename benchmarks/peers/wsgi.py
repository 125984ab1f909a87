"""The rows on bare WSGI."""

from urllib.parse import parse_qs

import msgspec
from order import Order, greeting, summary


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/":
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "13")])
        return [b"Hello, World!"]
    if path.startswith("/greet/"):
        body = msgspec.json.encode(greeting(path[7:], int(parse_qs(environ["QUERY_STRING"])["times"][0])))
    else:
        received = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        body = msgspec.json.encode(summary(msgspec.json.decode(received, type=Order)))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
