"""The HTTP client as a user's type checker sees it: checked by mypy and pyright in `make check`, and never run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_type

from sennit import App
from sennit.client import (
    Backoff,
    Client,
    ConnectFailed,
    Download,
    Event,
    Response,
    SyncClient,
    SyncDownload,
    SyncResponse,
    SyncWebSocket,
)
from sennit.testing import Answer, AppTransport, MockRequest, MockRoute, MockTransport


@dataclass
class Article:
    title: str


def pieces() -> Iterator[bytes]:
    yield b"piece"


def script() -> None:
    with SyncClient("https://example.org", timeout_s=10, auth=("user", "password")) as client:
        response = client.get("/articles", params={"page": 2})
        assert_type(response, SyncResponse)
        assert_type(response.raise_for_status().json(list[Article]), list[Article])
        assert_type(response.text, str)
        assert_type(response.history, tuple[SyncResponse, ...])
        assert_type(client.post("/articles", body=pieces(), on_upload=print).status, int)
        with client.stream("GET", "/export") as streamed:
            assert_type(next(iter(streamed)), bytes)
            assert_type([*streamed.lines()], list[str])
        assert_type(client.download("/big", "big"), SyncDownload)
        with client.events("/ticks") as events:
            assert_type(next(events), Event)
        with client.websocket("/chat", reconnect=Backoff(), on_open=log_in) as ws:
            assert_type(ws.recv(timeout_s=1), str | bytes)


def log_in(ws: SyncWebSocket) -> None:
    ws.send("me")


async def program() -> None:
    async with Client("https://example.org") as client:
        response = await client.get("/articles")
        assert_type(response, Response)
        assert_type(response.json(list[Article]), list[Article])
        assert_type(await client.download("/big", "big"), Download)


def in_tests(app: App) -> None:
    mock = MockTransport()
    route = mock.get("/articles", ConnectFailed, Answer(json=[]), doubled, params={"page": "1"})
    assert_type(route, MockRoute)
    assert_type(mock.requests[0].json(list[Article]), list[Article])
    SyncClient(transport=mock)
    Client(transport=AppTransport(app))


async def doubled(request: MockRequest) -> Answer:
    return Answer(json=request.json(int) * 2)
