"""One request without a client to keep."""

from typing import Any

from .client import Client
from .response import Response
from .url import URL


async def fetch(url: str | URL, *, method: str = "GET", **options: Any) -> Response:
    """The whole answer, redirects followed. `options` are those of `Client.request`. For more than one request a `Client`
    keeps the connections. Raises ClientError."""
    async with Client(follow_redirects=True) as client:
        return await client.request(method, url, **options)
