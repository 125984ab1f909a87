"""`Client(transport=MockTransport())`: what other servers would answer, as the test says it."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from sennit.client import (
    Client,
    ConnectFailed,
    ProtocolFailed,
    Retries,
    SyncClient,
    TimedOut,
    Timeouts,
    TooLarge,
)
from sennit.errors import SennitError
from sennit.testing import Answer, MockRequest, MockTransport

API = "https://api.example.org"


@pytest.fixture
def mock() -> MockTransport:
    return MockTransport()


@pytest.fixture
async def client(mock: MockTransport) -> AsyncIterator[Client]:
    async with Client(API, transport=mock) as client:
        yield client


class TestAnswers:
    async def test_json_text_octets_or_nothing(self, mock: MockTransport, client: Client) -> None:
        mock.get("/json", Answer(json={"n": [1]}))
        mock.get("/text", Answer(text="zoë"))
        mock.get("/octets", Answer(body=b"\xff", headers={"content-type": "image/png"}))
        mock.get("/nothing")
        assert (await client.get("/json")).json() == {"n": [1]}
        text = await client.get("/text")
        assert (text.text, text.headers["content-type"]) == ("zoë", "text/plain; charset=utf-8")
        assert (await client.get("/octets")).media_type == "image/png"
        nothing = await client.get("/nothing")
        assert (nothing.status, nothing.reason, nothing.content, nothing.http_version) == (200, "OK", b"", "1.1")
        assert nothing.headers["content-length"] == "0"

    async def test_every_method(self, mock: MockTransport, client: Client) -> None:
        for method in ("get", "post", "put", "patch", "delete", "options"):
            getattr(mock, method)("/", Answer(text=method))
            assert (await getattr(client, method)("/")).text == method
        mock.head("/", Answer(text="whole"))
        head = await client.head("/")
        assert (head.content, head.headers["content-length"]) == (b"", "5")
        mock.on("*", "/any", Answer(204))
        assert (await client.request("PROPFIND", "/any")).status == 204

    async def test_one_after_the_other_and_the_last_again_and_again(self, mock: MockTransport, client: Client) -> None:
        route = mock.get("/", Answer(500), Answer(text="first"), Answer(text="second"))
        assert [(await client.get("/")).text for _ in range(4)] == ["", "first", "second", "second"]
        route.assert_called(4)

    async def test_a_function_makes_one_of_the_request(self, mock: MockTransport, client: Client) -> None:
        def doubled(request: MockRequest) -> Answer:
            return Answer(json=request.json(int) * 2)

        async def named(request: MockRequest) -> Answer:
            return Answer(text=request.captured["name"])

        mock.post("/double", doubled)
        mock.get("/users/{name}", named)
        assert (await client.post("/double", json=21)).json() == 42
        assert (await client.get("/users/zoë")).text == "zoë"

    async def test_an_error_of_the_client_names_the_request(self, mock: MockTransport, client: Client) -> None:
        mock.get("/down", ConnectFailed("refused"))
        mock.get("/gone", ProtocolFailed)
        mock.get("/other", OSError("anything"))
        for _ in range(2):
            with pytest.raises(ConnectFailed, match="refused") as caught:
                await client.get("/down")
            assert caught.value.url == f"{API}/down"
        with pytest.raises(ProtocolFailed, match="the mock says so"):
            await client.get("/gone")
        with pytest.raises(OSError, match="anything"):
            await client.get("/other")

    async def test_a_body_in_pieces_may_break_off(self, mock: MockTransport, client: Client) -> None:
        mock.get("/whole", Answer(body=[b"a", b"", b"b"]))
        mock.get("/cut", Answer(body=[b"some", ProtocolFailed("cut")]))
        async with client.stream("GET", "/whole") as response:
            assert [piece async for piece in response] == [b"a", b"b"]
        async with client.stream("GET", "/cut") as response:
            pieces = aiter(response)
            assert await anext(pieces) == b"some"
            with pytest.raises(ProtocolFailed, match="cut") as caught:
                await anext(pieces)
            assert caught.value.url == f"{API}/cut"


class TestTime:
    async def test_a_delay_passes_for_the_time_outs_and_for_nobody_else(
        self, mock: MockTransport, client: Client
    ) -> None:
        mock.get("/slow", Answer(text="at last", delay_s=20))
        assert (await client.get("/slow")).text == "at last"
        with pytest.raises(TimedOut) as caught:
            await client.get("/slow", timeout_s=10)
        assert (caught.value.kind, caught.value.phase) == ("total", "head")
        with pytest.raises(TimedOut) as caught:
            await client.get("/slow", timeout_s=Timeouts(read_s=5, total_s=None))
        assert (caught.value.kind, caught.value.elapsed_s) == ("read", 5)
        trace = (await client.get("/slow", trace=True)).trace
        assert trace is not None
        assert trace.total_s == 20

    async def test_the_pauses_between_tries_are_written_down_instead(self, mock: MockTransport) -> None:
        mock.get("/", Answer(503, headers={"retry-after": "7"}), ConnectFailed("refused"), Answer(text="ok"))
        async with Client(API, transport=mock, retries=Retries(most=2, sleep=mock.sleep)) as client:
            assert (await client.get("/")).text == "ok"
        assert mock.pauses[0] == 7
        assert len(mock.pauses) == 2


class TestWhichRouteAnswers:
    async def test_a_path_alone_is_one_on_any_host(self, mock: MockTransport, client: Client) -> None:
        mock.get("/a", Answer(text="any"))
        mock.get(f"{API}/a", Answer(text="just this"))
        assert (await client.get("/a")).text == "just this"
        assert (await client.get("http://elsewhere.example:8080/a")).text == "any"

    async def test_the_one_that_was_added_last(self, mock: MockTransport, client: Client) -> None:
        mock.get("/a", Answer(text="usually"))
        mock.get("/a", Answer(text="in this test"))
        assert (await client.get("/a")).text == "in this test"

    async def test_names_stand_for_segments(self, mock: MockTransport, client: Client) -> None:
        files = mock.get("/files/{rest:path}")
        mock.get("/users/{id}/posts/{post}")
        await client.get("/files/a/b")
        await client.get("/users/7/posts/x%20y")
        assert files.requests[0].captured == {"rest": "a/b"}
        assert mock.requests[1].captured == {"id": "7", "post": "x y"}
        with pytest.raises(SennitError, match="another path"):
            await client.get("/users/7/8/posts/1")

    async def test_a_query_parameters_headers_and_json_may_be_wanted(self, mock: MockTransport, client: Client) -> None:
        mock.get("/a?x=1&y=2", Answer(text="the query"))
        mock.get("/b", Answer(text="a parameter"), params={"x": "1"})
        mock.get("/c", Answer(text="a header"), headers={"X-Key": "k"})
        mock.post("/d", Answer(text="the body"), json={"a": 1})
        assert (await client.get("/a", params={"y": 2, "x": 1})).text == "the query"
        assert (await client.get("/b?x=1&z=3")).text == "a parameter"
        assert (await client.get("/c", headers={"x-key": "k"})).text == "a header"
        assert (await client.post("/d", body=b'{"a": 1.0}')).text == "the body"

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("GET /a?x=1", "its query is 'x=1'"),
            ("GET /b?x=2", "its parameter 'x' is '2', not '1'"),
            ("GET /c", "its header 'X-Key' is None, not 'k'"),
            ("POST /d", "its JSON is b'[]', not {'a': 1}"),
            ("PUT /d", "another method"),
            ("GET /e", "another path"),
            ("GET http://other.example/f", "another host"),
        ],
    )
    async def test_the_error_lists_the_nearest_and_what_differs(
        self, mock: MockTransport, client: Client, line: str, why: str
    ) -> None:
        mock.get("/a?x=1&y=2")
        mock.get("/b", params={"x": "1"})
        mock.get("/c", headers={"X-Key": "k"})
        mock.post("/d", json={"a": 1})
        mock.get(f"{API}/f")
        method, _, url = line.partition(" ")
        with pytest.raises(SennitError) as caught:
            await client.request(method, url, body=b"[]")
        assert caught.value.code == "testing.E003"
        assert why in str(caught.value)
        assert "mock.on(" in caught.value.fix
        assert mock.unmatched == mock.requests

    async def test_a_mock_without_routes_says_so(self, client: Client) -> None:
        with pytest.raises(SennitError, match="it has no routes at all"):
            await client.get("/")


class TestWhatHasCome:
    async def test_requests_are_there_to_be_looked_at(self, mock: MockTransport, client: Client) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"in "
            yield b"pieces"

        sent: list[int] = []
        mock.post("/{any:path}")
        await client.post("/orders?a=1", json={"article": 7}, headers={"x-key": "k"}, auth=("ann", "secret"))
        await client.post("/form", form={"a": "b c"})
        await client.post("/stream", body=pieces(), on_upload=sent.append)
        first, second, third = mock.requests
        assert mock.asked == [f"POST {API}/orders?a=1", f"POST {API}/form", f"POST {API}/stream"]
        assert first.json() == first.json(dict[str, int]) == {"article": 7}
        assert (first.params, first.headers["x-key"], first.headers["host"]) == ({"a": "1"}, "k", "api.example.org")
        assert first.headers["authorization"].startswith("Basic ")
        assert second.form == {"a": "b c"}
        assert (third.text, sent) == ("in pieces", [3, 9])
        with pytest.raises(msgspec.DecodeError):
            third.json()

    async def test_assertions_say_what_was_asked(self, mock: MockTransport, client: Client) -> None:
        asked, never = mock.get("/asked"), mock.get("/never")
        await client.get("/asked")
        asked.assert_called()
        asked.assert_called(1)
        never.assert_not_called()
        with pytest.raises(AssertionError, match="GET /asked was asked 1 times, not 2"):
            asked.assert_called(2)
        with pytest.raises(AssertionError, match="GET /never was asked 0 times"):
            never.assert_called()
        with pytest.raises(AssertionError, match="nobody has asked for GET /never"):
            mock.assert_all_called()
        assert repr(asked) == "<MockRoute GET /asked, asked 1 times>"


class TestTheClientAbove:
    async def test_redirects_cookies_and_limits_are_its_own(self, mock: MockTransport, client: Client) -> None:
        mock.get("/old", Answer(302, headers=[("location", "/new"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]))
        mock.get("/new", Answer(text="here"))
        response = await client.get("/old", follow_redirects=True)
        assert (response.text, [each.status for each in response.history]) == ("here", [302])
        assert mock.requests[1].headers["cookie"] == "a=1; b=2"
        async with client.stream("GET", "/new") as response:
            with pytest.raises(TooLarge):
                await response.read(limit=1)

    def test_the_synchronous_client_and_several_clients(self, mock: MockTransport) -> None:
        mock.get("/", Answer(text="ok"))
        for _ in range(2):
            with SyncClient(API, transport=mock) as client:
                assert client.get("/").text == "ok"

    async def test_a_websocket_needs_an_app(self, client: Client) -> None:
        with pytest.raises(SennitError, match="AppTransport") as caught:
            async with client.websocket("/ws"):
                pass
        assert caught.value.code == "testing.E004"


async def test_the_fixture(mock_transport: MockTransport) -> None:
    mock_transport.get("/", Answer(text="ok"))
    async with Client(API, transport=mock_transport) as client:
        assert (await client.get("/")).text == "ok"


SWALLOWING = """
from sennit.client import Client, SyncClient
from sennit.testing import Answer

async def test_a_coroutine_is_run_without_another_plugin(mock_transport):
    mock_transport.get("/", Answer(text="ok"))
    async with Client("http://a.example", transport=mock_transport) as client:
        assert (await client.get("/")).text == "ok"

def test_swallows(sennit_mock_transport):
    with SyncClient("http://a.example", transport=sennit_mock_transport) as client:
        try:
            client.get("/unexpected")
        except Exception:
            pass
"""


def test_a_test_fails_whose_program_has_swallowed_that_nothing_was_expected(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SWALLOWING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert "2 passed, 1 error" in ended.stdout
    assert "no route answered GET http://a.example/unexpected" in ended.stdout
