"""What a mock is asked for, and what it answers then, one after the other."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypedDict
from urllib.parse import parse_qsl, unquote

import msgspec

from ..client.url import encode, parse_url
from .mock_answer import Answer
from .mock_request import MockRequest

Answering = Answer | BaseException | type[BaseException] | Callable[[MockRequest], Answer | Awaitable[Answer]]
"""An answer; an error that the request raises; a function that makes the answer."""

_NAME = re.compile(r"\{(\w+)(:path)?\}")
_IN_PATH = "/%!$&'()*+,;=:@~-._"


class Wanted(TypedDict, total=False):
    """What a request must have beside method and URL."""

    params: Mapping[str, str]
    """These at least, in its URL."""
    headers: Mapping[str, str]
    """These at least."""
    json: Any
    """Just this body."""


class MockRoute:
    """Made by `MockTransport.on` and all like it. `requests`: those that it has answered."""

    def __init__(self, method: str, url: str, answers: tuple[Answering, ...], wanted: Wanted) -> None:
        self.method = method
        self.url = url
        self.requests: list[MockRequest] = []
        self._answers = answers or (Answer(),)
        self._origin, self._path, self._query = _parts(url)
        self._params = dict(wanted.get("params", {}))
        self._headers = dict(wanted.get("headers", {}))
        self._json = wanted.get("json", msgspec.UNSET)

    def why_not(self, request: MockRequest) -> str:
        """Why this does not answer a request; empty when it does."""
        if self._origin is not None and request.url.origin != self._origin:
            return "another host"
        path = self._path.fullmatch(request.url.path)
        if path is None:
            return "another path"
        if self.method not in (request.method, "*"):
            return "another method"
        request.captured = {name: unquote(value) for name, value in path.groupdict().items()}
        return self._what_differs(request)

    def _what_differs(self, request: MockRequest) -> str:
        if self._query is not None and sorted(parse_qsl(request.url.query, keep_blank_values=True)) != self._query:
            return f"its query is {request.url.query!r}"
        for kind, wanted, got in (
            ("parameter", self._params, request.params),
            ("header", self._headers, request.headers),
        ):
            for name, value in wanted.items():
                if got.get(name) != value:
                    return f"its {kind} {name!r} is {got.get(name)!r}, not {value!r}"
        return self._how_json_differs(request)

    def _how_json_differs(self, request: MockRequest) -> str:
        if self._json is msgspec.UNSET:
            return ""
        try:
            is_same = request.json() == self._json
        except msgspec.DecodeError:
            is_same = False
        return "" if is_same else f"its JSON is {request.body[:200]!r}, not {self._json!r:.200}"

    async def answer(self, request: MockRequest) -> "Answer | BaseException":
        """The next one; the last one again and again."""
        answering = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        if isinstance(answering, (Answer, BaseException)):
            return answering
        if isinstance(answering, type):
            error: BaseException = answering("the mock says so")
            return error
        made = answering(request)
        return made if isinstance(made, Answer) else await made

    def assert_called(self, times: int | None = None) -> None:
        """At least once, or exactly so many times."""
        count = len(self.requests)
        assert count if times is None else count == times, f"{self} was asked {count} times{_wanted(times)}"

    def assert_not_called(self) -> None:
        self.assert_called(0)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    def __repr__(self) -> str:
        return f"<MockRoute {self}, asked {len(self.requests)} times>"


def _wanted(times: int | None) -> str:
    return "" if times is None else f", not {times}"


def _parts(url: str) -> "tuple[tuple[str, str, int] | None, re.Pattern[str], list[tuple[str, str]] | None]":
    """Origin (None: any), path, and the query if there is one. Raises ClientError for what is no URL."""
    place, scheme, rest = url.partition("://") if "://" in url else ("", "", url)
    authority, slash, path = rest.partition("/")
    origin = parse_url(f"{place}{scheme}{authority}/").origin if authority else None
    path, question, query = (slash + path).partition("?")
    wanted = sorted(parse_qsl(query, keep_blank_values=True)) if question else None
    return origin, _pattern(path or "/"), wanted


def _pattern(path: str) -> re.Pattern[str]:
    made, at = "", 0
    for found in _NAME.finditer(path):
        made += re.escape(encode(path[at : found.start()], _IN_PATH))
        made += f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
        at = found.end()
    return re.compile(made + re.escape(encode(path[at:], _IN_PATH)))
