"""`Client(transport=AppTransport(app))`: the HTTP client and an App, and no sockets between them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sennit import App, EventStream, Request, Response, WebSocket
from sennit.client import Client, ConnectFailed, HandshakeFailed, Limits, ProtocolFailed, SyncClient, TimedOut, TooLarge
from sennit.errors import SennitError
from sennit.http import WebSocketClosed
from sennit.testing import AppTransport


class Seen:
    """What the app has seen."""

    def __init__(self) -> None:
        self.life: list[str] = []
        self.pieces: list[bytes] = []
        self.gone = asyncio.Event()
        self.sent = 0


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def app(seen: Seen, tmp_path: Any) -> App:
    app = App(root=tmp_path, limits={"body": "64M"}, hosts=["shop.example", "bank.example"])

    @app.on_start
    async def start() -> None:
        seen.life.append("started")

    @app.on_stop
    async def stop() -> None:
        seen.life.append("stopped")

    @app.get("/")
    async def index(request: Request) -> str:
        return f"{request.method} {request.url} of {request.client.host}"

    @app.get("/crash")
    async def crash() -> str:
        raise LookupError("nobody catches this")

    @app.post("/log-in")
    async def log_in(session: dict[str, Any]) -> Response:
        session["user"] = "ann"
        return Response(status=204)

    @app.get("/who")
    async def who(session: dict[str, Any]) -> str:
        return str(session.get("user"))

    @app.get("/old")
    async def old() -> Response:
        return Response(status=307, headers={"location": "/"})

    @app.get("/numbers")
    async def numbers() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 10_000
                seen.sent += 10_000
        finally:
            seen.gone.set()

    @app.get("/cut")
    async def cut() -> AsyncIterator[str]:
        yield "some"
        raise LookupError("in the middle")

    @app.post("/upload")
    async def upload(request: Request) -> Response:
        async for piece in request.stream():
            seen.pieces.append(piece)
        return Response(str(sum(map(len, seen.pieces))))

    @app.post("/shout")
    async def shout(request: Request) -> AsyncIterator[bytes]:
        async for piece in request.stream():
            yield piece.upper()

    @app.get("/never")
    async def never() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            seen.gone.set()
        return ""

    @app.get("/ticks")
    async def ticks() -> EventStream:
        async def two() -> AsyncIterator[dict[str, Any]]:
            yield {"event": "tick", "data": "1"}
            yield {"event": "tick", "data": "2"}

        return EventStream(two())

    @app.websocket("/ws")
    async def ws(ws: WebSocket) -> None:
        async for message in ws:
            if message == "leave":
                await ws.close(4000, "as you wish")
            await ws.send(message)

    return app


@pytest.fixture
async def client(app: App) -> AsyncIterator[Client]:
    async with Client("http://shop.example", transport=AppTransport(app)) as client:
        yield client


class TestRequests:
    async def test_the_app_sees_what_the_client_sends(self, client: Client) -> None:
        response = await client.get("/?q=ä")
        assert response.text == "GET http://shop.example/?q=%C3%A4 of 127.0.0.1"
        assert (response.status, response.http_version) == (200, "1.1")
        assert "date" in response.headers

    async def test_https_is_told_apart_and_needs_no_certificate(self, client: Client) -> None:
        assert "https://bank.example/" in (await client.get("https://bank.example/")).text

    async def test_head_and_options(self, client: Client) -> None:
        assert (await client.head("/")).content == b""
        assert "GET" in (await client.options("/")).headers["allow"]

    async def test_cookies_and_redirects_are_the_clients(self, client: Client) -> None:
        assert (await client.get("/who")).text == "None"
        assert (await client.post("/log-in")).status == 204
        assert (await client.get("/who")).text == "ann"
        assert [each.status for each in (await client.get("/old", follow_redirects=True)).history] == [307]

    async def test_a_handler_that_raises_is_a_500_as_in_production(self, client: Client) -> None:
        response = await client.get("/crash")
        assert response.status == 500
        assert "nobody catches this" not in response.text

    async def test_a_hundred_at_the_same_time(self, client: Client) -> None:
        responses = await asyncio.gather(*(client.get(f"/?n={n}") for n in range(100)))
        assert [response.text.split()[1][-len(str(n)) :] for n, response in enumerate(responses)] == [
            str(n) for n in range(100)
        ]

    async def test_the_synchronous_client_too(self, app: App, seen: Seen) -> None:
        def script() -> str:
            with SyncClient("http://shop.example", transport=AppTransport(app)) as client:
                return client.get("/").text

        assert (await asyncio.to_thread(script)).startswith("GET ")
        assert seen.life == ["started", "stopped"]


class TestLifespan:
    async def test_the_app_starts_with_the_first_request_and_stops_with_the_client(self, app: App, seen: Seen) -> None:
        async with Client("http://shop.example", transport=AppTransport(app)) as client:
            assert seen.life == []
            await asyncio.gather(client.get("/"), client.get("/"))
            assert seen.life == ["started"]
        assert seen.life == ["started", "stopped"]

    async def test_one_that_is_never_asked_never_starts(self, app: App, seen: Seen) -> None:
        async with Client(transport=AppTransport(app)):
            pass
        assert seen.life == []

    async def test_an_app_that_cannot_start_says_why(self, tmp_path: Any) -> None:
        app = App(root=tmp_path)

        @app.get("/{id}")
        async def show(number) -> str:  # type: ignore[no-untyped-def]
            return ""

        async with Client("http://shop.example", transport=AppTransport(app)) as client:
            with pytest.raises(ExceptionGroup, match="cannot start") as caught:
                await client.get("/")
        (mistake,) = caught.value.exceptions
        assert isinstance(mistake, SennitError)
        assert mistake.code == "web.E002"

    async def test_after_its_end_nothing_answers(self, app: App) -> None:
        client = Client("http://shop.example", transport=AppTransport(app))
        await client.get("/")
        await client.close()
        with pytest.raises(ConnectFailed, match="the client is closed"):
            await client.get("/")

    async def test_requests_under_way_end_with_the_client(self, app: App, seen: Seen) -> None:
        client = Client("http://shop.example", transport=AppTransport(app))
        await client.get("/")
        request = asyncio.ensure_future(client.get("/never"))
        for _ in range(10):
            await asyncio.sleep(0)
        await client.close()
        with pytest.raises(ConnectFailed):
            await request
        assert seen.gone.is_set()


class TestStreams:
    async def test_an_answer_comes_with_back_pressure(self, client: Client, seen: Seen) -> None:
        async with client.stream("GET", "/numbers") as response:
            pieces = aiter(response)
            await anext(pieces)
            for _ in range(100):
                await asyncio.sleep(0)
            assert seen.sent < 1_000_000, "what nobody reads is not made"
            got = 0
            while got < 2_000_000:
                got += len(await anext(pieces))
        await asyncio.wait_for(seen.gone.wait(), 5)

    async def test_a_body_goes_in_pieces_and_waits_for_the_app(self, client: Client, seen: Seen) -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 10_000

        sent: list[int] = []
        response = await client.post("/upload", body=body(), on_upload=sent.append)
        assert response.text == "1000000"
        assert len(seen.pieces) > 1
        assert sent[-1] == 1_000_000

    async def test_both_at_once(self, client: Client) -> None:
        turn = asyncio.Queue[bytes]()

        async def body() -> AsyncIterator[bytes]:
            while piece := await turn.get():
                yield piece

        turn.put_nowait(b"first")
        async with client.stream("POST", "/shout", body=body()) as response:
            pieces = aiter(response)
            assert await anext(pieces) == b"FIRST"
            turn.put_nowait(b"second")
            assert await anext(pieces) == b"SECOND"
            turn.put_nowait(b"")
            assert await anext(pieces, b"the end") == b"the end"

    async def test_one_answer_may_be_the_body_of_another_request(self, client: Client) -> None:
        async with client.stream("GET", "/") as response:
            assert (await client.post("/shout", body=response)).text.startswith("GET HTTP://SHOP.EXAMPLE")

    async def test_an_answer_that_breaks_off_is_no_whole_one(self, client: Client) -> None:
        with pytest.raises(ProtocolFailed, match="the server closed the connection"):
            await client.get("/cut")

    async def test_events(self, client: Client) -> None:
        async with client.events("/ticks") as events:
            assert (await anext(aiter(events))).data == "1"

    async def test_limits_and_time_outs_are_the_clients(self, app: App) -> None:
        async with Client("http://shop.example", limits=Limits(body=5), transport=AppTransport(app)) as client:
            with pytest.raises(TooLarge):
                await client.get("/")
            with pytest.raises(TimedOut):
                await client.get("/never", timeout_s=0.05)


class TestWebSockets:
    async def test_messages_both_ways(self, client: Client) -> None:
        async with client.websocket("ws://shop.example/ws") as ws:
            await ws.send("zoë")
            await ws.send(b"\xff" * 100_000)
            assert await ws.recv() == "zoë"
            assert await ws.recv() == b"\xff" * 100_000
            assert await ws.ping() >= 0
        assert ws.close_code == 1000

    async def test_the_app_may_close(self, client: Client) -> None:
        async with client.websocket("/ws") as ws:
            await ws.send("leave")
            with pytest.raises(WebSocketClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (4000, "as you wish")

    async def test_the_app_may_refuse(self, client: Client) -> None:
        with pytest.raises(HandshakeFailed):
            async with client.websocket("/"):
                pass

    async def test_one_that_is_open_ends_with_the_client(self, app: App) -> None:
        client = Client("http://shop.example", transport=AppTransport(app))
        async with client.websocket("/ws") as ws:
            await client.close()
            assert [message async for message in ws] == []
        assert ws.close_code == 1006
