"""Both twins of the head parser, and outcomes that can be compared."""

import os
from typing import Any

import pytest

from sennit.protocols.http1 import RemoteProtocolError
from sennit.protocols.http1 import head as plain

try:
    from sennit.protocols.http1 import _head as compiled
except ImportError:
    compiled = None

FIELDS = (
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
    "end",
)


def need_compiled() -> Any:
    if compiled is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the compiled twin of the head parser is not built")
        pytest.skip("the compiled twin of the head parser is not built: run `make setup`")
    return compiled


class Twin:
    """One implementation, asked for whole outcomes."""

    def __init__(self, module: Any, target: int = 16384, head: int = 65536, headers: int = 100) -> None:
        self._module = module
        self._limits = module.HeadLimits(target, head, headers)

    def limited(self, **limits: int) -> "Twin":
        return Twin(self._module, **limits)

    def parse(self, data: bytes, start: int = 0) -> Any:
        return self._module.parse_request_head(data, start, self._limits)

    def outcome(self, data: bytes, start: int = 0) -> Any:
        """None, a dict of all that a head says, or (status, what, section)."""
        try:
            head = self.parse(data, start)
        except RemoteProtocolError as error:
            return error.status, error.what, error.section
        if head is None:
            return None
        return {name: getattr(head, name) for name in FIELDS} | {"lines": head.field_lines()}

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


@pytest.fixture(params=["plain", "compiled"])
def twin(request: pytest.FixtureRequest) -> Twin:
    return Twin(plain if request.param == "plain" else need_compiled())


@pytest.fixture
def twins() -> tuple[Twin, Twin]:
    return Twin(plain), Twin(need_compiled())
