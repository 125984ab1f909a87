"""Encoders of content codings: gzip always, zstd and Brotli where their libraries are there."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from ..errors import SennitError


class Coder(Protocol):
    """One answer's encoder. `flush` lets the client decode everything that was written so far."""

    def write(self, piece: bytes) -> bytes: ...
    def flush(self) -> bytes: ...
    def finish(self) -> bytes: ...


class Gzip:
    """RFC 1952. With isal about ten times as fast as with zlib, for a few percent more bytes."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def write(self, piece: bytes) -> bytes:
        octets: bytes = self._compressor.compress(piece)
        return octets

    def flush(self) -> bytes:
        octets: bytes = self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return octets

    def finish(self) -> bytes:
        octets: bytes = self._compressor.flush(zlib.Z_FINISH)
        return octets


class Zstd:
    """RFC 8878, with a window below the 8 MiB that browsers take (RFC 9659)."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def write(self, piece: bytes) -> bytes:
        octets: bytes = self._compressor.compress(piece)
        return octets

    def flush(self) -> bytes:
        octets: bytes = self._compressor.flush(self._compressor.FLUSH_BLOCK)
        return octets

    def finish(self) -> bytes:
        octets: bytes = self._compressor.flush(self._compressor.FLUSH_FRAME)
        return octets


class Brotli:
    """RFC 7932."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def write(self, piece: bytes) -> bytes:
        octets: bytes = self._compressor.process(piece)
        return octets

    def flush(self) -> bytes:
        octets: bytes = self._compressor.flush()
        return octets

    def finish(self) -> bytes:
        octets: bytes = self._compressor.finish()
        return octets


@dataclass(frozen=True, slots=True)
class Coding:
    """How to make an encoder, and how many bytes it takes in half a millisecond: more are encoded off the loop.

    Measured on 64 KiB of prose and of JSON, 2026-11: isal and zstd 0.05-0.1 ms, Brotli 0.3-0.5 ms, zlib 0.35-0.8 ms.
    """

    make: Callable[[], Coder]
    inline_bytes: int


_GZIP_WINDOW = 31
"""15 bits of window, and 16 for the gzip frame around it."""


def _gzip() -> Coding:
    try:
        from isal import isal_zlib
    except ImportError:
        return Coding(lambda: Gzip(zlib.compressobj(5, zlib.DEFLATED, _GZIP_WINDOW)), 32 * 1024)
    return Coding(lambda: Gzip(isal_zlib.compressobj(2, isal_zlib.DEFLATED, _GZIP_WINDOW)), 256 * 1024)


def _zstd() -> Coding:
    try:
        zstd = import_module("compression.zstd")  # Python 3.14
    except ImportError:
        zstd = import_module("backports.zstd")
    return Coding(lambda: Zstd(zstd.ZstdCompressor(3)), 256 * 1024)


def _brotli() -> Coding:
    brotli = import_module("brotli")
    return Coding(lambda: Brotli(brotli.Compressor(quality=4)), 32 * 1024)


_CODINGS: Mapping[str, Callable[[], Coding]] = {"zstd": _zstd, "br": _brotli, "gzip": _gzip}
"""In the order in which they are offered: zstd gives the smallest answers for the time it takes."""


def codings_there() -> dict[str, Coding]:
    """Every coding whose library is installed."""
    found = {}
    for name, load in _CODINGS.items():
        try:
            found[name] = load()
        except ImportError:
            continue
    return found


def codings_named(names: Sequence[str]) -> dict[str, Coding]:
    """These codings, in this order. Raises SennitError web.E033 for one that is unknown or not installed."""
    there = codings_there()
    for name in names:
        if name not in there:
            is_known = name in _CODINGS
            raise SennitError(
                code="web.E033",
                what=f"the content coding {name!r} {'is not installed' if is_known else 'is unknown'}",
                where="Compress(codings=…)",
                fix="pip install 'sennit[compress]'" if is_known else f"use {', '.join(_CODINGS)}",
            )
    return {name: there[name] for name in names}
