"""Frames written by hand, and both twins of the endpoint asked for whole outcomes."""

import os
import struct
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sennit.protocols.websocket import Role, endpoint

PACKAGE = "sennit.protocols.websocket"
IS_COMPILED = not str(endpoint.__file__).endswith(".py")


def plain_twin() -> Any:
    """endpoint.py itself, where the compiled one is what loads."""
    loader = SourceFileLoader(f"{PACKAGE}.plain_endpoint", str(Path(endpoint.__file__).with_name("endpoint.py")))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


PLAIN = plain_twin()


def masked(opcode, payload=b"", *, fin=True, key=b"\x01\x02\x03\x04", bits=0, mask=True, length=None):
    """A frame as a client sends it; `length` in octets (0, 2 or 8) picks a longer form than needed."""
    size = len(payload)
    first = (0x80 if fin else 0) | bits | opcode
    form = length if length is not None else 0 if size < 126 else 2 if size < 65536 else 8
    marker = {0: size, 2: 126, 8: 127}[form]
    extended = {0: b"", 2: struct.pack("!H", size & 0xFFFF), 8: struct.pack("!Q", size)}[form]
    body = bytes(octet ^ key[i % 4] for i, octet in enumerate(payload)) if mask else payload
    return bytes([first, (0x80 if mask else 0) | marker]) + extended + (key if mask else b"") + body


class Outcome(NamedTuple):
    """All that a side tells of what it was sent. `code`: close code, None while it is open."""

    messages: list[Any]
    code: int | None
    output: bytes
    pongs: list[bytes]


class Side:
    """One twin in one role."""

    def __init__(self, module: Any, role: Role) -> None:
        self.module = module
        self.role = role
        self.masks = role is Role.SERVER
        """Whether the peer masks."""

    def new(self, max_message: int = 1 << 20, **options: Any) -> Any:
        return self.module.Endpoint(self.role, max_message=max_message, **options)

    def frame(self, opcode: int, payload: bytes = b"", **options: Any) -> bytes:
        """A frame of the peer."""
        return masked(opcode, payload, **{"mask": self.masks, **options})

    def outcome(self, parts: list[bytes], **options: Any) -> Outcome:
        key = {} if self.masks else {"masking_key": lambda: b"\0\0\0\0"}
        side = self.new(**options, **key)
        messages: list[Any] = []
        for part in parts:
            messages += side.receive_data(part)
        return Outcome(messages, side.close_code if side.is_over else None, side.take_output(), side.take_pongs())

    def whole(self, data: bytes, **options: Any) -> Outcome:
        """The outcome, which is the same wherever the data is cut, and when each octet comes alone."""
        result = self.outcome([data], **options)
        for cut in range(min(len(data), 300)):
            assert self.outcome([data[:cut], data[cut:]], **options) == result, f"cut at {cut}"
        if len(data) < 1000:
            assert self.outcome([data[at : at + 1] for at in range(len(data))], **options) == result, "octet by octet"
        return result

    def told(self, data: bytes, **options: Any) -> tuple[list[Any], int | None]:
        """Messages and close code alone."""
        return self.whole(data, **options)[:2]

    def answer(self, opcode: int, payload: bytes = b"") -> bytes:
        """A frame of this side, if it is a client with the key 0."""
        return masked(opcode, payload, mask=not self.masks, key=b"\0\0\0\0")


def twins() -> list[Any]:
    return [pytest.param(PLAIN, id="plain"), *([pytest.param(endpoint, id="compiled")] if IS_COMPILED else [])]


@pytest.fixture(params=twins())
def twin(request):
    if not IS_COMPILED and os.environ.get("CI") == "true" and os.environ.get("SENNIT_PLAIN") != "1":
        pytest.fail("the compiled twin of the endpoint is not built")
    return request.param


@pytest.fixture(params=list(Role), ids=lambda role: role.value)
def side(twin, request):
    """Each twin in each role."""
    return Side(twin, request.param)


@pytest.fixture
def server(twin):
    return Side(twin, Role.SERVER)


@pytest.fixture
def client(twin):
    return Side(twin, Role.CLIENT)
