"""The surface of a WebSocket in a handler, and who may open one."""

import asyncio
from dataclasses import dataclass

import pytest

from sennit import App, Request, WebSocket, net
from sennit.errors import SennitError
from sennit.http import WebSocketClosed, WebSocketOffer
from sennit.testing import Client
from sennit.testing.memory import MemoryExchange

from .conftest import SiteClient


@pytest.fixture
def app(tmp_path):
    return App(secret="s" * 40, root=tmp_path)


async def status_of(router, path="/ws", origin=None, hosts=("test",), **fields):
    """Of the answer to a handshake."""
    lines = [("host", "test"), *fields.items(), *([("origin", origin)] if origin else [])]
    exchange = MemoryExchange("GET", path, "", lines, offer=WebSocketOffer((), origin))
    answering = asyncio.ensure_future(SiteClient(router, hosts=hosts).site(exchange))
    await exchange.answered.wait()
    if exchange.socket is not None:
        exchange.socket.hang_up()
    await answering
    return exchange.status


class TestHandshake:
    async def test_reject_answers_its_status_and_silence_403(self, router):
        @router.websocket("/full")
        async def full(ws: WebSocket):
            ws.reject(503, "come back later")

        @router.websocket("/silent")
        async def silent(ws: WebSocket):
            pass

        assert [await status_of(router, path) for path in ("/full", "/silent", "/nowhere")] == [503, 403, 404]

    async def test_it_accepts_with_a_subprotocol_and_headers(self, app):
        @app.websocket("/ws")
        async def chosen(ws: WebSocket):
            assert ws.subprotocols == ("a", "b")
            assert not ws.is_accepted
            ws.accept(subprotocol="b", headers={"X-Room": "1"})
            assert ws.is_accepted
            await ws.send(ws.subprotocol)

        async with Client(app) as client, client.websocket("/ws", subprotocols=("a", "b")) as ws:
            assert await ws.recv() == "b"
            assert ws._exchange.answer_fields["x-room"] == "1"

    async def test_a_subprotocol_that_was_not_offered_is_an_error(self, app):
        caught = []

        @app.websocket("/ws")
        async def wrong(ws: WebSocket):
            with pytest.raises(SennitError) as error:
                ws.accept(subprotocol="z")
            caught.append(error.value.code)

        async with Client(app) as client, client.websocket("/ws") as ws:
            assert ws.status == 403
        assert caught == ["websocket.E002"]

    async def test_middleware_sees_it_and_can_refuse(self, app):
        seen = []

        @app.middleware
        async def look(request: Request, next):
            seen.append(request.path)
            return ("closed today", 451) if request.path == "/closed" else await next(request)

        @app.websocket("/open")
        async def open_(ws: WebSocket):
            await ws.send("hello")

        @app.websocket("/closed")
        async def closed(ws: WebSocket):
            await ws.send("never")

        async with Client(app) as client:
            async with client.websocket("/open") as ws:
                assert await ws.recv() == "hello"
            async with client.websocket("/closed") as ws:
                assert ws.status == 451
        assert seen == ["/open", "/closed"]

    async def test_rules_and_providers_come_before_it(self, app):
        @app.provide
        def room(name: str) -> str:
            return f"room {name}"

        def is_open(name: str) -> bool:
            return name != "secret"

        @app.websocket("/rooms/{name}", access=is_open)
        async def join(ws: WebSocket, room, name: str):
            await ws.send(room)

        async with Client(app) as client:
            async with client.websocket("/rooms/tea") as ws:
                assert await ws.recv() == "room tea"
            async with client.websocket("/rooms/secret") as ws:
                assert ws.status == 403


class TestOrigin:  # R24
    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            (None, 101),
            ("http://test", 101),
            ("http://test:80", 101),
            ("https://test", 403),
            ("http://test:8080", 403),
            ("http://evil.example", 403),
            ("null", 403),
            ("http://test, http://evil.example", 403),
            ("http://test.evil.example", 403),
        ],
    )
    async def test_r24_pages_of_this_site_and_programs_connect_and_nobody_else(self, router, origin, status):
        router.websocket("/ws")(talk)
        assert await status_of(router, origin=origin) == status

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://app.example", 101),
            ("https://a.friends.example", 101),
            ("http://test", 101),
            ("http://app.example", 403),
            ("https://friends.example", 403),
            ("null", 403),
        ],
    )
    async def test_r24_a_list_lets_others_in_and_null_is_nobodys(self, router, origin, status):
        router.websocket("/ws", origins=["https://app.example", "https://*.friends.example"])(talk)
        assert await status_of(router, origin=origin) == status

    async def test_r24_everybody_is_everybody_but_null(self, router):
        router.websocket("/ws", origins=["*"])(talk)
        assert await status_of(router, origin="https://anywhere.example") == 101
        assert await status_of(router, origin="null") == 403

    def test_what_is_no_origin_cannot_be_listed(self, router):
        with pytest.raises(SennitError) as caught:
            router.websocket("/ws", origins=["app.example"])
        assert caught.value.code == "web.E031"

    async def test_r23_the_host_is_checked_as_for_http(self, router):
        router.websocket("/ws")(talk)
        assert await status_of(router, hosts=("other",)) == 421


async def talk(ws: WebSocket):
    await ws.send("hello")


@dataclass
class Move:
    x: int


class TestMessages:
    async def test_iteration_ends_when_the_peer_leaves_and_the_code_is_told(self, app):
        got = []

        @app.websocket("/ws")
        async def listen(ws: WebSocket):
            assert ws.close_code is None
            async for message in ws:
                got.append(message)
            got.append(ws.close_code)
            assert ws.is_closed
            for attempt in (ws.recv, lambda: ws.send("late")):
                with pytest.raises(WebSocketClosed):
                    await attempt()

        async with Client(app) as client, client.websocket("/ws") as ws:
            await ws.send("a")
            await ws.send(b"b")
        assert got == ["a", b"b", 1001]

    @pytest.mark.parametrize(("kind", "wrong"), [(str, b"x"), (bytes, "x")], ids=["text", "binary"])
    async def test_a_kind_that_is_not_taken_closes_1003(self, app, kind, wrong):
        async def listen(ws):
            async for _ in ws:
                raise AssertionError("delivered")

        listen.__annotations__["ws"] = WebSocket[kind]
        app.websocket("/ws")(listen)
        async with Client(app) as client, client.websocket("/ws") as ws:
            await ws.send(wrong)
            with pytest.raises(ConnectionError):
                await ws.recv()
            assert ws.close_code == 1003

    async def test_json_is_decoded_and_checked(self, app):
        @app.websocket("/ws")
        async def play(ws: WebSocket):
            move = await ws.recv_json(Move)
            await ws.send_json({"x": move.x + 1})
            await ws.recv_json(Move)

        async with Client(app) as client, client.websocket("/ws") as ws:
            await ws.send('{"x": 1}')
            assert await ws.recv() == '{"x":2}'
            await ws.send('{"x": "one"}')
            with pytest.raises(ConnectionError):
                await ws.recv()
            assert ws.close_code == 1007

    async def test_waiting_can_have_an_end(self, app):
        @app.websocket("/ws")
        async def wait(ws: WebSocket):
            try:
                await ws.recv(timeout_s=0.001)
            except TimeoutError:
                await ws.send("nothing came", "so this")
            await ws.send(await ws.recv(timeout_s=5))

        async with Client(app) as client, client.websocket("/ws") as ws:
            assert [await ws.recv(), await ws.recv()] == ["nothing came", "so this"]
            await ws.send("a")
            assert await ws.recv() == "a"

    async def test_closing_tells_code_and_reason(self, app):
        @app.websocket("/ws")
        async def bye(ws: WebSocket):
            ws.accept()
            assert await ws.ping() >= 0
            await ws.close(4000, "enough")
            assert (ws.close_code, ws.close_reason, ws.offer("late")) == (4000, "enough", False)

        async with Client(app) as client, client.websocket("/ws") as ws:
            with pytest.raises(ConnectionError, match="4000"):
                await ws.recv()

    async def test_an_exception_is_1011(self, app, caplog):
        @app.websocket("/ws")
        async def broken(ws: WebSocket):
            await ws.recv()
            raise ValueError("no")

        async with Client(app) as client, client.websocket("/ws") as ws:
            await ws.send("a")
            with pytest.raises(ConnectionError, match="1011"):
                await ws.recv()

    async def test_a_room_of_peers_is_told_once(self, app):
        room: set[net.Peer[str]] = set()

        @app.websocket("/ws")
        async def join(ws: WebSocket[str]):
            ws.accept()
            room.add(ws)
            async for message in ws:
                assert net.broadcast(room, message) == len(room)

        async with Client(app) as client, client.websocket("/ws") as one, client.websocket("/ws") as two:
            while len(room) < 2:
                await asyncio.sleep(0)
            await one.send("hello")
            assert [await one.recv(), await two.recv()] == ["hello", "hello"]
            for peer in room:
                peer.evict("write_buffer")
            with pytest.raises(ConnectionError, match="1008"):
                await one.recv()


class TestOptions:
    @pytest.mark.parametrize("chosen", [True, False])
    async def test_the_server_is_told_of_cancel_deflate_kind_and_limit(self, router, chosen):
        @router.websocket("/ws", cancel=chosen, deflate=chosen, limits={"ws_message": "2K"})
        async def text_only(ws: WebSocket[str]):
            ws.accept()

        told = {}

        class Telling(MemoryExchange):
            def accept_websocket(self, subprotocol, lines, **options):
                told.update(options, cancel=self.cancel_on_disconnect)
                return super().accept_websocket(subprotocol, lines, **options)

        await SiteClient(router).site(Telling("GET", "/ws", "", [("host", "test")], offer=WebSocketOffer((), None)))
        assert told == {"cancel": chosen, "deflate": chosen, "kind": str, "max_message": 2048}
