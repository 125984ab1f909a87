"""The synchronous client: the surface of `Client` without `await`, from any number of threads."""

import asyncio
import gc
import inspect
import os
import signal
import subprocess
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvloop

from sennit import App, EventStream, FileResponse, Request, Response, WebSocket
from sennit.client import (
    Backoff,
    Client,
    ClientError,
    ConnectFailed,
    EventSource,
    HandshakeFailed,
    Limits,
    ReconnectingWebSocket,
    StatusError,
    SyncClient,
    SyncEventSource,
    SyncResponse,
    SyncWebSocket,
    TimedOut,
    TooLarge,
    loop_thread,
)
from sennit.client import (
    Response as ClientResponse,
)
from sennit.errors import SennitError
from sennit.http import WebSocketClosed

NAME = loop_thread.NAME


class Served:
    """An app on a real socket, in a loop of a thread of its own. `url` of its root."""

    def __init__(self, app: App) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        settings = {"secret": "x" * 32, "hosts": ["127.0.0.1"], "port": 0, "host": "127.0.0.1"}
        self.runtime = app.build(app.settings("serve", {}, settings), "serve")
        self.run(self.runtime.start())
        self.port = self.runtime.http[0].addresses[0].port
        self.url = f"http://127.0.0.1:{self.port}"

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def close(self) -> None:
        self.run(self.runtime.stop(drain_s=0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def make_app(folder: Path, waiting: threading.Event) -> App:
    app = App(root=folder)
    (folder / "big.bin").write_bytes(bytes(range(256)) * 4096)

    @app.get("/")
    def hello() -> str:
        return "Hello, Zoë!"

    @app.get("/status/{code}")
    def status(code: int) -> Response:
        return Response("so it is", status=code)

    @app.get("/json")
    def json() -> dict[str, list[int]]:
        return {"n": [1, 2, 3]}

    @app.get("/old")
    def old() -> Response:
        return Response(status=302, headers={"location": "/"})

    @app.get("/taste")
    def taste(request: Request) -> Response:
        return Response(request.cookies.get("a", ""), headers={"set-cookie": "a=1; Path=/"})

    async def echo(request: Request) -> Response:
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        return Response(
            await request.body(), headers={"x-method": request.method, **{f"x-{n}": v for n, v in headers.items()}}
        )

    for method in ("get", "post", "put", "patch", "delete"):
        getattr(app, method)("/echo")(echo)

    @app.get("/lines")
    async def lines() -> AsyncIterator[str]:
        for number in range(1000):
            yield f"line {number}\r\n"

    @app.get("/for-ever")
    async def for_ever() -> AsyncIterator[str]:
        yield "begun"
        waiting.set()
        await asyncio.Event().wait()

    @app.get("/never")
    async def never() -> str:
        waiting.set()
        await asyncio.Event().wait()
        return ""

    @app.get("/ticks")
    async def ticks() -> EventStream:
        async def three() -> AsyncIterator[dict[str, Any]]:
            for number in range(3):
                yield {"event": "tick", "data": str(number), "id": str(number)}

        return EventStream(three())

    @app.get("/big.bin")
    async def big() -> FileResponse:
        return FileResponse("big.bin")

    @app.websocket("/ws")
    async def ws(ws: WebSocket) -> None:
        async for message in ws:
            if message == "leave":
                await ws.close(4000, "as you wish")
            await ws.send(message)

    return app


@pytest.fixture(scope="module")
def waiting() -> threading.Event:
    """Set once somebody waits at /never or /for-ever."""
    return threading.Event()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, waiting: threading.Event) -> Iterator[Served]:
    served = Served(make_app(tmp_path_factory.mktemp("app"), waiting))
    yield served
    served.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def client(request: pytest.FixtureRequest, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncClient]:
    new_loop = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}[request.param]
    monkeypatch.setattr(loop_thread, "find_spec", lambda name: name if new_loop is uvloop.new_event_loop else None)
    with SyncClient(served.url) as client:
        yield client
    assert threads_of_clients() == []


def threads_of_clients() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(NAME)]


class TestRequests:
    def test_an_answer_has_everything_that_a_response_has(self, client: SyncClient) -> None:
        response = client.get("/")
        assert (response.status, response.reason, response.http_version) == (200, "OK", "1.1")
        assert response.text == "Hello, Zoë!"
        assert response.content == response.body == response.read() == "Hello, Zoë!".encode()
        assert [*response] == ["Hello, Zoë!".encode()]
        assert (response.media_type, response.charset, response.is_success) == ("text/html", "utf-8", True)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert str(response.url).endswith("/")
        assert response.elapsed_s > 0
        assert response.request.method == "GET"
        assert repr(response) == f"<SyncResponse 200 {response.url}>"

    def test_json_is_checked_against_a_type(self, client: SyncClient) -> None:
        assert client.get("/json").json() == {"n": [1, 2, 3]}
        assert client.get("/json").json(dict[str, list[int]]) == {"n": [1, 2, 3]}
        with pytest.raises(ClientError) as caught:
            client.get("/json").json(list[int])
        assert caught.value.code == "client.E024"

    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
    def test_every_method(self, client: SyncClient, method: str) -> None:
        assert getattr(client, method)("/echo").headers["x-method"] == method.upper()

    def test_head_and_options(self, client: SyncClient) -> None:
        assert client.head("/").content == b""
        assert "GET" in client.options("/").headers["allow"]

    def test_bodies(self, client: SyncClient) -> None:
        assert client.post("/echo", json={"a": 1}).json() == {"a": 1}
        assert client.post("/echo", form={"a": "b c"}).text == "a=b+c"
        assert client.post("/echo", body="Zoë").text == "Zoë"

    def test_a_status_of_400_or_more_is_an_answer_until_it_is_asked_for(self, client: SyncClient) -> None:
        response = client.get("/status/404")
        assert not response.is_success
        with pytest.raises(StatusError) as caught:
            response.raise_for_status()
        assert caught.value.response is response
        assert client.get("/").raise_for_status().status == 200

    def test_redirects_have_a_history(self, client: SyncClient) -> None:
        assert client.get("/old").status == 302
        response = client.get("/old", follow_redirects=True)
        assert [each.status for each in response.history] == [302]
        assert response.text == "Hello, Zoë!"

    def test_cookies_are_kept(self, client: SyncClient) -> None:
        assert client.get("/taste").cookies == {"a": "1"}
        assert client.get("/taste").text == "1"
        assert client.cookies is not None
        assert client.cookies.get("a") == "1"

    def test_a_trace_says_where_the_time_went(self, client: SyncClient) -> None:
        trace = client.get("/", trace=True).trace
        assert trace is not None
        assert trace.total_s is not None

    def test_errors_are_those_of_the_client(self, client: SyncClient) -> None:
        with pytest.raises(ConnectFailed):
            client.get("http://127.0.0.1:1/")
        with pytest.raises(TimedOut):
            client.get("/never", timeout_s=0.05)
        with pytest.raises(SennitError, match="no option 'jsn'"):
            client.get("/", jsn={})  # type: ignore[call-arg]

    def test_links_and_settings_are_the_clients(self, served: Served) -> None:
        with SyncClient(served.url, limits=Limits(body=4), headers={"x-a": "b"}) as client:
            assert client.limits.body == 4
            with pytest.raises(TooLarge):
                client.get("/")


class TestStreams:
    def test_a_body_piece_by_piece(self, client: SyncClient) -> None:
        with client.stream("GET", "/big.bin") as response:
            with pytest.raises(ClientError, match="has not been read"):
                _ = response.content
            assert sum(len(piece) for piece in response) == 1024 * 1024

    def test_or_line_by_line(self, client: SyncClient) -> None:
        with client.stream("GET", "/lines") as response:
            assert [*response.lines()] == [f"line {number}" for number in range(1000)]

    def test_or_raw_or_whole_with_a_limit(self, client: SyncClient) -> None:
        with client.stream("GET", "/big.bin") as response:
            assert sum(map(len, response.raw())) == 1024 * 1024
        with client.stream("GET", "/big.bin") as response, pytest.raises(TooLarge):
            response.read(limit=1000)

    def test_a_line_without_an_end_is_too_large(self, client: SyncClient) -> None:
        with client.stream("GET", "/big.bin") as response, pytest.raises(TooLarge, match="a line is larger than 100"):
            for _ in response.lines(longest=100):
                pass

    def test_what_is_not_read_is_given_up(self, client: SyncClient) -> None:
        with client.stream("GET", "/for-ever") as response:
            assert next(iter(response)) == b"begun"
        assert client.get("/").status == 200

    def test_an_iterator_is_sent_and_runs_in_the_thread_that_asks(self, client: SyncClient) -> None:
        def pieces() -> Iterator[bytes]:
            for _ in range(3):
                assert threading.current_thread() is threading.main_thread()
                yield b"piece "

        sent: list[int] = []
        assert client.post("/echo", body=pieces(), on_upload=sent.append).text == "piece piece piece "
        assert sent == [6, 12, 18]

    def test_so_one_answer_may_be_the_body_of_another_request(self, client: SyncClient) -> None:
        with client.stream("GET", "/big.bin") as response:
            assert len(client.post("/echo", body=response).content) == 1024 * 1024

    def test_a_pipe_is_sent_as_it_is_filled(self, client: SyncClient) -> None:
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as pipe:
            os.write(writing, b"through a pipe")
            os.close(writing)
            assert client.post("/echo", body=pipe).text == "through a pipe"

    def test_what_an_iterator_raises_comes_out_of_the_call(self, client: SyncClient) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"a"
            raise LookupError("no more")

        with pytest.raises(LookupError, match="no more"):
            client.post("/echo", body=pieces())
        with pytest.raises(ZeroDivisionError):
            client.post("/echo", body=iter([b"a"]), on_upload=lambda sent: sent // 0)
        assert client.get("/").status == 200

    def test_a_download(self, client: SyncClient, tmp_path: Path) -> None:
        seen: list[tuple[int, int | None]] = []
        done = client.download("/big.bin", tmp_path / "it", on_progress=lambda size, total: seen.append((size, total)))
        assert (done.path, done.size, done.resumed_from) == (tmp_path / "it", 1024 * 1024, 0)
        assert done.response.status == 200
        assert seen[-1] == (1024 * 1024, 1024 * 1024)
        assert done.path.read_bytes() == bytes(range(256)) * 4096

    def test_events(self, client: SyncClient) -> None:
        with client.events("/ticks") as events:
            assert [next(events).data for _ in range(3)] == ["0", "1", "2"]
            assert events.last_event_id == "2"


class TestWebSockets:
    def test_messages_both_ways(self, client: SyncClient) -> None:
        with client.websocket("/ws") as ws:
            ws.send("zoë")
            assert ws.recv() == "zoë"
            ws.send_json([1])
            assert ws.recv_json(list[int]) == [1]
            assert ws.offer(b"\xff")
            assert ws.recv(timeout_s=5) == b"\xff"
            assert ws.ping() >= 0
            assert (ws.is_closed, ws.close_code, ws.subprotocol) == (False, 0, None)
        assert (ws.is_closed, ws.close_code) == (True, 1000)

    def test_iteration_ends_when_the_server_leaves(self, client: SyncClient) -> None:
        with client.websocket("/ws") as ws:
            ws.send("a")
            ws.send("leave")
            assert [*ws] == ["a"]
            assert (ws.close_code, ws.close_reason) == (4000, "as you wish")
            with pytest.raises(WebSocketClosed):
                ws.send("too late")

    def test_nothing_in_time_is_a_timeout_error(self, client: SyncClient) -> None:
        with client.websocket("/ws") as ws:
            with pytest.raises(TimeoutError):
                ws.recv(timeout_s=0.01)
            ws.close()

    def test_one_thread_receives_and_others_send(self, client: SyncClient) -> None:
        with client.websocket("/ws") as ws, ThreadPoolExecutor(4) as threads:
            received = threads.submit(lambda: sorted(str(ws.recv()) for _ in range(30)))
            for _ in threads.map(ws.send, map(str, range(30))):
                pass
            assert received.result(10) == sorted(map(str, range(30)))

    def test_what_is_said_first_on_each_connection(self, client: SyncClient) -> None:
        with client.websocket("/ws", reconnect=Backoff(), on_open=lambda ws: ws.send("hello")) as ws:
            assert ws.recv() == "hello"

    def test_a_refusal(self, client: SyncClient) -> None:
        with pytest.raises(HandshakeFailed), client.websocket("/"):
            pass


class TestAuthentication:
    def test_a_function_runs_in_the_thread_that_asks_and_may_ask_with_the_same_client(self, served: Served) -> None:
        def sign(request: Any, response: Any) -> None:
            request.headers["authorization"] = client.get("/", auth=None).text.encode().hex()

        with SyncClient(served.url, auth=sign) as client:
            assert client.get("/echo").headers["x-authorization"] == "Hello, Zoë!".encode().hex()

    def test_it_may_be_a_coroutine_function_too(self, client: SyncClient) -> None:
        async def sign(request: Any, response: Any) -> None:
            request.headers["authorization"] = "mine"

        assert client.get("/echo", auth=sign).headers["x-authorization"] == "mine"
        assert client.get("/echo", auth=("a", "b")).headers["x-authorization"].startswith("Basic ")


class TestThreads:
    def test_many_threads_share_one_client(self, client: SyncClient) -> None:
        with ThreadPoolExecutor(16) as threads:
            answers = threads.map(lambda number: client.post("/echo", body=str(number)).text, range(300))
            assert [*answers] == [*map(str, range(300))]

    def test_there_is_one_thread_and_none_before_the_first_call(self, served: Served) -> None:
        with SyncClient(served.url) as client:
            assert threads_of_clients() == []
            client.get("/")
            assert len(threads_of_clients()) == 1
        assert threads_of_clients() == []

    def test_one_that_nobody_has_any_more_ends(self, served: Served) -> None:
        client = SyncClient(served.url)
        client.get("/")
        (thread,) = threads_of_clients()
        del client
        gc.collect()
        thread.join(10)
        assert not thread.is_alive()

    def test_an_answer_that_is_read_keeps_its_client(self, served: Served) -> None:
        with SyncClient(served.url).stream("GET", "/lines") as response:
            gc.collect()
            assert len([*response.lines()]) == 1000

    def test_the_context_of_the_caller_is_there(self, served: Served) -> None:
        from contextvars import ContextVar

        who: ContextVar[str] = ContextVar("who")
        who.set("me")

        async def asked(request: Any, next: Callable[..., Any]) -> Any:
            request.headers["x-who"] = who.get()
            return await next(request)

        with SyncClient(served.url, middleware=[asked]) as client:
            assert client.get("/").request.headers["x-who"] == "me"

    def test_what_ends_a_program_ends_it_from_middleware_too(self, served: Served) -> None:
        async def leaves(request: Any, next: Callable[..., Any]) -> Any:
            sys.exit(3)

        with SyncClient(served.url, middleware=[leaves]) as client:
            with pytest.raises(SystemExit):
                client.get("/")
            with pytest.raises(SystemExit):
                client.get("/")


class TestTheEnd:
    def test_a_closed_client_says_so(self, served: Served) -> None:
        client = SyncClient(served.url)
        client.get("/")
        client.close()
        client.close()
        with pytest.raises(ConnectFailed) as caught:
            client.get("/")
        assert caught.value.code == "client.E011"

    def test_one_that_was_never_used_too(self) -> None:
        client = SyncClient()
        client.close()
        with pytest.raises(ConnectFailed, match="the client is closed"):
            client.get("http://127.0.0.1:1/")

    def test_calls_under_way_raise_connect_failed(self, served: Served, waiting: threading.Event) -> None:
        client = SyncClient(served.url)
        waiting.clear()
        with ThreadPoolExecutor(3) as threads:
            calls = [threads.submit(client.get, "/never") for _ in range(3)]
            assert waiting.wait(10)
            client.close()
            assert [type(call.exception(10)) for call in calls] == [ConnectFailed] * 3

    def test_also_those_that_wait_for_something_else(self, served: Served) -> None:
        asked = threading.Event()

        async def slow(request: Any, next: Callable[..., Any]) -> Any:
            asked.set()
            await asyncio.Event().wait()

        client = SyncClient(served.url, middleware=[slow])
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(client.get, "/")
            assert asked.wait(10)
            client.close()
            error = call.exception(10)
            assert isinstance(error, ConnectFailed)
            assert error.code == "client.E011"

    def test_an_interruption_cancels_the_call_and_the_client_goes_on(
        self, client: SyncClient, waiting: threading.Event
    ) -> None:
        waiting.clear()
        interrupting = threading.Thread(
            target=lambda: waiting.wait(10) and signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        )
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            client.get("/never")
        interrupting.join()
        assert client.get("/").status == 200

    def test_an_answer_that_comes_in_the_moment_of_the_interruption_is_given_up(self, served: Served) -> None:
        async def answered(request: Any, next: Callable[..., Any]) -> Any:
            try:
                return await next(request)
            finally:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        with SyncClient(served.url, middleware=[answered], limits=Limits(connections=1)) as client:
            for _ in range(3):
                with pytest.raises(KeyboardInterrupt), client.stream("GET", "/for-ever", timeout_s=1000):
                    threading.Event().wait(10)

    @pytest.mark.parametrize(
        "lines", ["", "stream = client.stream('GET', '/for-ever').__enter__(); next(iter(stream))"]
    )
    def test_one_that_nobody_closes_ends_with_the_interpreter_without_a_word(self, served: Served, lines: str) -> None:
        program = f"from sennit.client import SyncClient\nclient = SyncClient({served.url!r})\nclient.get('/')\n{lines}"
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        assert (ended.returncode, ended.stderr) == (0, "")

    @pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
    def test_threads_that_outlive_the_main_one_may_still_ask(self, served: Served, loop: str, tmp_path: Path) -> None:
        program = f"""
import threading
from sennit.client import SyncClient, loop_thread
if {loop!r} == "asyncio":
    loop_thread.find_spec = lambda name: None

def work():
    threading.main_thread().join()
    print(client.get("http://localhost:{served.port}/").status, client.download("/big.bin", {str(tmp_path / "big")!r}).size)

client = SyncClient({served.url!r})
threading.Thread(target=work).start()
"""
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        assert (ended.stdout.split(), ended.stderr) == (["421", str(1024 * 1024)], "")


class TestWhereItCannotBeUsed:
    async def test_in_a_running_loop_the_error_names_what_to_do_instead(self, served: Served) -> None:
        with SyncClient(served.url) as client:
            with pytest.raises(SennitError, match="async with Client") as caught:
                client.get("/")
            assert caught.value.code == "client.E034"
            assert (await asyncio.to_thread(client.get, "/")).status == 200

    async def test_a_cell_of_a_notebook_may_wait(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        shell = types.SimpleNamespace(kernel=object())
        monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[misc]
        with SyncClient(served.url) as client:
            assert client.get("/").status == 200

    def test_in_its_own_loop_never(self, served: Served) -> None:
        async def asks_itself(request: Any, next: Callable[..., Any]) -> Any:
            client.close()

        with SyncClient(served.url, middleware=[asks_itself]) as client, pytest.raises(SennitError) as caught:
            client.get("/")
        assert caught.value.code == "client.E034"

    def test_after_a_fork_the_error_says_where_to_make_another(self, served: Served) -> None:
        program = f"""
import os
from sennit.client import SyncClient
from sennit.errors import SennitError

used, unused = SyncClient({served.url!r}), SyncClient({served.url!r})
used.get("/")
if os.fork() == 0:
    try:
        used.get("/")
    except SennitError as error:
        print(error.code, unused.get("/").status, flush=True)
    used.close()
else:
    os.wait()
    print(used.get("/").status)
"""
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        assert (ended.stdout.split(), ended.stderr) == (["client.E035", "200", "200"], "")


@pytest.mark.parametrize(
    ("synchronous", "asynchronous", "own"),
    [
        (SyncClient, Client, {"begin"}),  # what the client's own parts build on
        (SyncResponse, ClientResponse, {"upgrade", "excerpt", "events_by"}),
        (SyncEventSource, EventSource, set()),
        (
            SyncWebSocket,
            ReconnectingWebSocket,
            {"wire", "prepare", "offer_prepared", "start", "evict", "abort", "openings"},
        ),
    ],
)
def test_the_surface_is_that_of_the_asynchronous_one(synchronous: type, asynchronous: type, own: set[str]) -> None:
    names = {name for name in dir(asynchronous) if not name.startswith("_")} | {
        *vars(asynchronous).get("__slots__", ())
    }
    assert {name for name in names if not name.startswith("_")} - own <= {*dir(synchronous)}


@pytest.mark.parametrize(
    "name", ["__init__", "request", "get", "post", "stream", "download", "events", "websocket", "close"]
)
def test_and_takes_the_same(name: str) -> None:
    def taken(owner: type) -> list[tuple[str, object]]:
        parameters = inspect.signature(getattr(owner, name)).parameters.values()
        return [(each.name, each.default) for each in parameters]

    assert taken(SyncClient) == taken(Client)
