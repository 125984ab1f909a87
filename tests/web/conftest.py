"""A site made of one router, without the other strands."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sennit.http import Limits
from sennit.testing.memory import MemoryExchange
from sennit.testing.multipart_body import multipart, urlencoded
from sennit.testing.page import Page
from sennit.web import Router, Site
from sennit.web.assembly import Assembly
from sennit.web.hosts import AllowedHosts
from sennit.web.provider import basic_providers
from sennit.web.session import SessionSigner


class SiteClient:
    """Requests to a router, as a browser on the same site sends them."""

    def __init__(self, router: Router, root: Path = Path("/"), hosts: tuple[str, ...] = ("test",), **options) -> None:
        outer = Router()
        outer.include(router)
        assembly = Assembly(outer, basic_providers(), Limits())
        self.site = Site(
            assembly,
            middleware=(),
            hosts=AllowedHosts(hosts),
            sessions=SessionSigner(["secret"]),
            root=root,
            **options,
        )

    async def __call__(self, method: str, url: str, *, form=None, files=None, body=b"", **fields: str) -> Page:
        lines = {"host": "test", "sec-fetch-site": "same-origin"}
        if files is not None:
            lines["content-type"], body = multipart(form or {}, files)
        elif form is not None:
            lines["content-type"], body = urlencoded(form)
        lines.update({name.replace("_", "-"): value for name, value in fields.items()})
        parts = urlsplit(url)
        exchange = MemoryExchange(method, parts.path, parts.query, list(lines.items()), body)
        await self.site(exchange)
        return Page(exchange.status, exchange.answer_fields, bytes(exchange.answer), url, is_cut=exchange.is_cut)


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
def ask(router: Router) -> Callable[..., object]:
    """`await ask("GET", "/")`: the site is made at the first request, after the test has declared its routes."""
    made: list[SiteClient] = []

    async def ask(method: str, url: str, **options: object) -> Page:
        if not made:
            made.append(SiteClient(router))
        return await made[0](method, url, **options)

    return ask
