"""One request, and nothing kept. For more than one, a `Client` keeps its connections."""

from typing import Unpack

from .client import Client
from .options import Options
from .response import Response
from .url import URL


async def fetch(url: str | URL, method: str = "GET", **options: Unpack[Options]) -> Response:
    """The whole answer; redirects are followed unless told otherwise. Raises ClientError."""
    async with Client(follow_redirects=True) as client:
        return await client.request(method, url, **options)
