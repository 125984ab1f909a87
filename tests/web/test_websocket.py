"""A handshake that is refused is answered with the status that was asked for."""

from sennit.http import WebSocketOffer
from sennit.testing.memory import MemoryExchange
from sennit.web import WebSocket

from .conftest import SiteClient


async def test_reject_answers_its_status_and_silence_403(router):
    @router.websocket("/full")
    async def full(ws: WebSocket):
        ws.reject(503, "come back later")

    @router.websocket("/silent")
    async def silent(ws: WebSocket):
        pass

    site = SiteClient(router).site
    statuses = []
    for path in ("/full", "/silent", "/nowhere"):
        exchange = MemoryExchange("GET", path, "", [("host", "test")], offer=WebSocketOffer((), None))
        await site(exchange)
        statuses.append(exchange.status)
    assert statuses == [503, 403, 404]
