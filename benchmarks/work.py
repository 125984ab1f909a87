"""The work that is measured: one row of the table for each, with the bytes that a client sends for it."""

import json
from dataclasses import dataclass

HOST = b"Host: 127.0.0.1:8000\r\n"

GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
GREETING = b"GET /greet/World?times=2 HTTP/1.1\r\n" + HOST

# The 15 fields of a desktop browser that follows a link within the site, cookies included.
BROWSER_FIELDS = b"\r\n".join(
    [
        b"Connection: keep-alive",
        b'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
        b"sec-ch-ua-mobile: ?0",
        b'sec-ch-ua-platform: "Linux"',
        b"Upgrade-Insecure-Requests: 1",
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
        b"Sec-Fetch-Site: same-origin",
        b"Sec-Fetch-Mode: navigate",
        b"Sec-Fetch-Dest: document",
        b"Referer: http://127.0.0.1:8000/",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        b"Cookie: theme=dark; consent=necessary; visitor=9f86d081884c7d659a2feaa0c55ad015",
        b"",
    ]
)

ORDER = {
    "customer": "Erika Mustermann",
    "email": "erika@example.org",
    "note": "Please ring twice; the bell of the side door is the one that works.",
    "lines": [
        {
            "sku": f"ROPE-{number:04}",
            "title": f"Three-strand rope, {number} mm",
            "quantity": number,
            "price": 1.25 * number,
        }
        for number in range(4, 14)
    ],
}
"""About 1 kB as JSON."""
ORDER_JSON = json.dumps(ORDER).encode()
POST = (
    b"POST /order HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(ORDER_JSON), ORDER_JSON)
)

HELLO = "Hello, World!"
GREETED = {"greeting": ["Hello, World!", "Hello, World!"]}
ORDERED = {
    "customer": ORDER["customer"],
    "pieces": sum(line["quantity"] for line in ORDER["lines"]),
    "total": sum(line["quantity"] * line["price"] for line in ORDER["lines"]),
}


@dataclass(frozen=True)
class Row:
    """`request` is sent `pipelined` times in one write; `answer` is the text or JSON of each answer."""

    name: str
    title: str
    request: bytes
    answer: str | dict[str, object]
    connections: int = 64
    pipelined: int = 1
    body_bytes: int = 0
    most: float | None = None
    """The aim: CPU time at most so many times that of the C responder."""
    peers_least: float | None = None
    """The aim: at least so many times the requests per CPU second of the quickest peer."""


ROWS = [
    Row("text", "`GET /` → text", GET, HELLO, most=1.30, peers_least=2.2),
    Row("json", "`GET /greet/{name}?times=2` → JSON", GREETING + b"\r\n", GREETED, most=1.50, peers_least=2.2),
    Row(
        "browser",
        "the same, a browser's 15 fields",
        GREETING + BROWSER_FIELDS + b"\r\n",
        GREETED,
        most=1.60,
        peers_least=2.2,
    ),
    Row("many", "`GET /`, 512 connections", GET, HELLO, connections=512, most=1.50),
    Row("pipelined", "`GET /`, 16 pipelined", GET, HELLO, pipelined=16, most=3.0),
    Row("post", "`POST` 1 kB of JSON → JSON", POST, ORDERED, body_bytes=len(ORDER_JSON), most=1.80),
]
