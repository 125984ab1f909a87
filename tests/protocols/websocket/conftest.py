"""A client's frames."""

import struct

import pytest


def masked(opcode, payload=b"", *, fin=True, key=b"\x01\x02\x03\x04", bits=0, mask=True, length=None):
    """A frame as a client sends it; `length` in octets (0, 2 or 8) picks a longer form than needed."""
    size = len(payload)
    first = (0x80 if fin else 0) | bits | opcode
    form = length if length is not None else 0 if size < 126 else 2 if size < 65536 else 8
    marker = {0: size, 2: 126, 8: 127}[form]
    extended = {0: b"", 2: struct.pack("!H", size & 0xFFFF), 8: struct.pack("!Q", size)}[form]
    body = bytes(octet ^ key[i % 4] for i, octet in enumerate(payload)) if mask else payload
    return bytes([first, (0x80 if mask else 0) | marker]) + extended + (key if mask else b"") + body


@pytest.fixture
def frame():
    return masked
