"""A transport that answers what a test has said, and asks no server."""

import time
from difflib import SequenceMatcher
from typing import Unpack

from ..client.errors import Kind, TimedOut
from ..client.transport import Call, Reply
from ..errors import SennitError
from .mock_answer import Answer, MockReply, told_of
from .mock_request import MockRequest, received
from .mock_route import Answering, MockRoute, Wanted

MOST_NEAREST = 3


class MockTransport:
    """`mock.get("https://api.example.org/articles", Answer(json=[]))`, then `Client(transport=mock)` or SyncClient.

    `requests`: all that have come, in order. A request that no route answers raises SennitError (testing.E003), which lists the
    nearest ones; it is kept in `unmatched` too. One mock may serve several clients, one after the other.
    """

    def __init__(self) -> None:
        self.routes: list[MockRoute] = []
        self.requests: list[MockRequest] = []
        self.unmatched: list[MockRequest] = []
        self.pauses: list[float] = []
        """Seconds that `sleep` was asked for."""

    # ── what is expected ─────────────────────────────────────────────────────

    def on(self, method: str, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        """Answer such requests: with the first of the answers, then the second ..., and then with the last one; without any,
        with an empty 200. Where several routes fit, the one that was added last answers.

        method: `*` for every one. url: `/path` on any host; `{name}` stands for a segment, `{name:path}` for several; with a
        query, just that query. params, headers: these at least. json: just this body.
        """
        route = MockRoute(method, url, answers, wanted)
        self.routes.append(route)
        return route

    def get(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        """As `on`, as are all that follow."""
        return self.on("GET", url, *answers, **wanted)

    def head(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("HEAD", url, *answers, **wanted)

    def options(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("OPTIONS", url, *answers, **wanted)

    def post(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("POST", url, *answers, **wanted)

    def put(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("PUT", url, *answers, **wanted)

    def patch(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("PATCH", url, *answers, **wanted)

    def delete(self, url: str, *answers: Answering, **wanted: Unpack[Wanted]) -> MockRoute:
        return self.on("DELETE", url, *answers, **wanted)

    # ── what has come ────────────────────────────────────────────────────────

    @property
    def asked(self) -> list[str]:
        """`["GET https://api.example.org/articles", ...]`, in order."""
        return [str(request) for request in self.requests]

    def assert_all_called(self) -> None:
        """Every route has answered at least once."""
        never = [str(route) for route in self.routes if not route.requests]
        assert not never, f"nobody has asked for {', '.join(never)}"

    def assert_all_matched(self) -> None:
        """Every request has met a route; one that has not may have been swallowed by an `except` of the program."""
        assert not self.unmatched, f"no route answered {', '.join(map(str, self.unmatched))}"

    async def sleep(self, seconds: float) -> None:
        """For `Retries(sleep=mock.sleep)`: done at once, and written down in `pauses`."""
        self.pauses.append(seconds)

    # ── client.Transport ─────────────────────────────────────────────────────

    async def send(self, call: Call) -> Reply:
        if call.upgrade:
            raise _no_websockets(call)
        request = await received(call)
        self.requests.append(request)
        for route in reversed(self.routes):
            if not route.why_not(request):
                return _given(await route.answer(request), call)
        self.unmatched.append(request)
        raise _unmatched(request, self.routes)

    async def close(self) -> None:
        """Nothing is open; another client may use it."""


def _given(answer: Answer | BaseException, call: Call) -> Reply:
    if isinstance(answer, BaseException):
        raise told_of(answer, call.url)
    if answer.delay_s:
        _pass_time(answer.delay_s, call)
    if call.trace is not None:
        call.trace.first_byte_s = call.trace.total_s = answer.delay_s
    return MockReply(answer, call.method, call.url)


def _pass_time(delay_s: float, call: Call) -> None:
    """Nobody waits; a time-out that would pass meanwhile has passed. Raises TimedOut."""
    total_s = call.due - time.monotonic() if call.due else call.timeouts.total_s
    bounds: list[tuple[float, Kind]] = [(call.timeouts.read_s, "read")]
    if total_s is not None:
        bounds.append((total_s, "total"))
    most_s, kind = min(bounds)
    if delay_s >= most_s:
        what = f"the mock answers after {delay_s:g} s"
        raise TimedOut(what, kind=kind, url=call.url, phase="head", elapsed_s=most_s)


def _unmatched(request: MockRequest, routes: list[MockRoute]) -> SennitError:
    near = sorted(routes, key=lambda route: SequenceMatcher(None, str(route), str(request)).ratio(), reverse=True)
    lines = [f"\n    {route}: {route.why_not(request)}" for route in near[:MOST_NEAREST]]
    nearest = f"; nearest to it:{''.join(lines)}" if lines else "; it has no routes at all"
    return SennitError(
        code="testing.E003",
        what=f"no route of the mock answers {request}{nearest}",
        where="MockTransport",
        fix=f'add one: mock.on("{request.method}", "{request.url}", Answer(...))',
    )


def _no_websockets(call: Call) -> SennitError:
    return SennitError(
        code="testing.E004",
        what=f"a mock has no WebSockets, and {call.url} was asked for one",
        where="MockTransport",
        fix="use AppTransport(app) with an app that has one: @app.websocket(...)",
    )
