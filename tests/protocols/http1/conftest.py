"""Both twins of both head parsers, and outcomes that can be compared."""

import os
from typing import Any

import pytest

from sennit.protocols.http1 import RemoteProtocolError, field_section, request_head, response_head

try:
    from sennit.protocols.http1 import _field_section, _request_head, _response_head
except ImportError:
    _field_section = _request_head = _response_head = None

OF_REQUEST = (
    "method",
    "raw_path",
    "query_string",
    "http_version",
    "host",
    "content_length",
    "chunked",
    "keep_alive",
    "expects_continue",
    "upgrades",
    "is_1_1",
    "is_head",
    "end",
)
OF_RESPONSE = (
    "status",
    "reason",
    "http_version",
    "is_1_1",
    "framing",
    "content_length",
    "keep_alive",
    "upgrades",
    "end",
)
PLAIN = {"field_section": field_section, "request_head": request_head, "response_head": response_head}
COMPILED = {"field_section": _field_section, "request_head": _request_head, "response_head": _response_head}


def need_compiled() -> dict[str, Any]:
    if _request_head is None:
        if os.environ.get("SENNIT_PLAIN") == "1":
            pytest.skip("built without compiled twins on purpose")
        if os.environ.get("CI") == "true":
            pytest.fail("the compiled twins of the head parsers are not built")
        pytest.skip("the compiled twins of the head parsers are not built: run `make setup`")
    return COMPILED


class Twin:
    """One implementation, asked for whole outcomes."""

    said = OF_REQUEST

    def __init__(self, modules: dict[str, Any], target: int = 16384, head: int = 65536, headers: int = 100) -> None:
        self._modules = modules
        self._limits = modules["field_section"].HeadLimits(target, head, headers)

    def limited(self, **limits: int) -> "Twin":
        return type(self)(self._modules, **limits)

    def parse(self, data: bytes, start: int = 0) -> Any:
        return self._modules["request_head"].parse_request_head(data, start, self._limits)

    def outcome(self, data: bytes, start: int = 0) -> Any:
        """None, a dict of all that a head says, or (status, what, section)."""
        try:
            head = self.parse(data, start)
        except RemoteProtocolError as error:
            return error.status, error.what, error.section
        if head is None:
            return None
        return {name: getattr(head, name) for name in self.said} | {"lines": head.field_lines()}

    def whole(self, data: bytes) -> Any:
        """The outcome, which is the same for a head that arrives in two pieces, cut anywhere."""
        outcome = self.outcome(data)
        for cut in range(len(data)):
            early = self.outcome(data[:cut])
            assert early is None or early == outcome, f"cut at {cut}"
        return outcome

    def refused(self, data: bytes) -> int:
        """The status that it is refused with, wherever it is cut."""
        outcome = self.whole(data)
        assert isinstance(outcome, tuple), f"accepted: {outcome}"
        return outcome[0]


class ResponseTwin(Twin):
    """The same for responses; `method` is that of the request."""

    said = OF_RESPONSE
    method = "GET"

    def to(self, method: str) -> "ResponseTwin":
        other = ResponseTwin(self._modules)
        other.method = method
        return other

    def parse(self, data: bytes, start: int = 0) -> Any:
        return self._modules["response_head"].parse_response_head(data, start, self._limits, self.method)


@pytest.fixture(params=["plain", "compiled"])
def modules(request: pytest.FixtureRequest) -> dict[str, Any]:
    return PLAIN if request.param == "plain" else need_compiled()


@pytest.fixture
def twin(modules: dict[str, Any]) -> Twin:
    return Twin(modules)


@pytest.fixture
def response_twin(modules: dict[str, Any]) -> ResponseTwin:
    return ResponseTwin(modules)


@pytest.fixture
def twins() -> tuple[Twin, Twin]:
    return Twin(PLAIN), Twin(need_compiled())


@pytest.fixture
def response_twins() -> tuple[ResponseTwin, ResponseTwin]:
    return ResponseTwin(PLAIN), ResponseTwin(need_compiled())
