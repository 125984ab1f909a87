"""A gibibyte in a mebibyte: what is unpacked is bounded while it is unpacked."""

import tracemalloc
import zlib
from importlib import import_module

import pytest

from sennit.client.content_decoding import content_decoding
from sennit.client.errors import ClientError, ProtocolFailed, TooLarge
from sennit.client.limits import Limits

MIB = 1024 * 1024
URL = "http://bomb.example/"


def gzip_bomb() -> bytes:
    """Blocks that begin anew each, so that one of 16 MiB can stand there 64 times."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * 63


def deflate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    first = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * 63


def brotli_bomb() -> bytes:
    return pytest.importorskip("brotli").compress(bytes(128 * MIB), quality=1)


def zstd_bomb() -> bytes:
    try:
        library = import_module("backports.zstd")
    except ImportError:
        library = pytest.importorskip("compression.zstd")
    return library.compress(bytes(64 * MIB)) * 16


BOMBS = {"gzip": gzip_bomb, "deflate": deflate_bomb, "br": brotli_bomb, "zstd": zstd_bomb}


@pytest.mark.parametrize("coding", BOMBS)
@pytest.mark.parametrize("size", [64 * 1024, 2 * MIB], ids=["as it comes", "at once"])
def test_r9_a_bomb_is_stopped_while_it_is_unpacked(coding, size):
    bomb = BOMBS[coding]()
    decoding = content_decoding(coding, Limits(), URL)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as caught:
            for start in range(0, len(bomb), size):
                for _ in decoding.feed(bomb[start : start + size]):
                    pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB, "pieces are made one after the other"
    assert caught.value.url == URL


@pytest.mark.parametrize("coding", BOMBS)
def test_r9_what_is_no_such_coding_is_an_error(coding):
    if coding in ("br", "zstd"):
        BOMBS[coding]()
    decoding = content_decoding(coding, Limits(), URL)
    with pytest.raises(ProtocolFailed):
        list(decoding.feed(b"\xff" * 1000))
        decoding.finish()


def test_r9_codings_on_top_of_each_other_are_few():
    with pytest.raises(ClientError):
        content_decoding(", ".join(["gzip"] * 100), Limits(), URL)


def test_r9_a_bomb_inside_a_coding_that_gives_nothing_is_stopped_too():
    """Empty members without end: what comes out at last is nothing at all, and the work is done for a gibibyte of them."""
    empty = zlib.compress(b"", wbits=31)
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(empty * (8 * MIB // len(empty))) + packer.flush()
    decoding = content_decoding("gzip, gzip", Limits(ratio=20), URL)
    with pytest.raises(TooLarge):
        for _ in decoding.feed(bomb):
            pass


def test_r9_a_bomb_in_a_bomb_fills_no_memory():
    nested = zlib.compress(gzip_bomb(), 9, 31)
    decoding = content_decoding("gzip, gzip", Limits(), URL)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            for _ in decoding.feed(nested):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB
