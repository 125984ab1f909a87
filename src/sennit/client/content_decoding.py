"""Content codings undone (RFC 9110 §8.4): gzip and deflate always, Brotli and zstd where their libraries are there.

Whatever comes out does so in pieces of at most 64 KiB, so that no input, however small, fills the memory.
"""

import zlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from .errors import ClientError, ProtocolFailed, TooLarge
from .limits import Limits

PIECE_BYTES = 64 * 1024
SLICE_BYTES = 8 * 1024
"""Given to a decoder at a time: it copies what it has not taken yet for every piece that it gives, which for a bomb of a
mebibyte given at once came to 16 GiB of copies and half a minute."""
MOST_CODINGS = 4
"""On top of each other; more is refused."""
FREE_BYTES = 1024 * 1024
"""Up to here the ratio does not count: zeros are compressed well by anybody."""


class Decoder(Protocol):
    """One coding of one answer. The errors are those of its library."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...
    @property
    def is_whole(self) -> bool:
        """Everything has come that belongs to it."""
        ...


class Gzip:
    """RFC 1952, with any number of members."""

    def __init__(self) -> None:
        self._inflate: Any = zlib.decompressobj(31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(31)
            yield self._inflate.decompress(data, PIECE_BYTES)
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail

    @property
    def is_whole(self) -> bool:
        return bool(self._inflate.eof)


class Deflate:
    """RFC 1950, and RFC 1951 without the two octets in front, which some servers send as deflate."""

    def __init__(self) -> None:
        self._inflate: Any = None
        self._first = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            self._first += data
            if len(self._first) < 2:
                return
            data = self._first
            self._inflate = zlib.decompressobj(15 if _has_zlib_header(data) else -15)
        while data and not self._inflate.eof:
            yield self._inflate.decompress(data, PIECE_BYTES)
            data = self._inflate.unconsumed_tail
        if data:
            raise zlib.error("there is more behind its end")

    @property
    def is_whole(self) -> bool:
        return self._inflate is not None and bool(self._inflate.eof)


def _has_zlib_header(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


class Brotli:
    """RFC 7932; the library's version 1.2, which bounds what comes out."""

    def __init__(self, library: Any) -> None:
        self._decompressor = library.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._decompressor.process(data, output_buffer_limit=PIECE_BYTES)
        while not self._decompressor.can_accept_more_data():
            yield self._decompressor.process(b"", output_buffer_limit=PIECE_BYTES)

    @property
    def is_whole(self) -> bool:
        return bool(self._decompressor.is_finished())


class Zstd:
    """RFC 8878, with any number of frames."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._decompressor = self._new()

    def _new(self) -> Any:
        # 8 MiB of window at most (RFC 9659 §3): what a frame says is set aside by its reader.
        option = self._library.DecompressionParameter.window_log_max
        return self._library.ZstdDecompressor(options={option: 23})

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._decompressor.eof:
                if not data:
                    return
                self._decompressor = self._new()
            yield self._decompressor.decompress(data, PIECE_BYTES)
            if self._decompressor.eof:
                data = self._decompressor.unused_data
            elif self._decompressor.needs_input:
                return
            else:
                data = b""

    @property
    def is_whole(self) -> bool:
        return bool(self._decompressor.eof)


@cache
def _library(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _zstd() -> Any:
    return _library("compression.zstd", "backports.zstd")


def _brotli() -> Any:
    library = _library("brotli")
    return library if hasattr(getattr(library, "Decompressor", None), "can_accept_more_data") else None


def accepted_codings() -> str:
    """The value of Accept-Encoding: what can be undone here."""
    more = [name for name, library in (("br", _brotli()), ("zstd", _zstd())) if library is not None]
    return ", ".join(["gzip", "deflate", *more])


def decoder_of(coding: str) -> Decoder | None:
    """None for a coding that is unknown here: its octets stay as they are."""
    if coding in ("gzip", "x-gzip"):
        return Gzip()
    if coding == "deflate":
        return Deflate()
    if coding == "br" and _brotli() is not None:
        return Brotli(_brotli())
    if coding == "zstd" and _zstd() is not None:
        return Zstd(_zstd())
    return None


class ContentDecoding:
    """All codings of one answer, the last one first, bounded by `Limits.ratio`.

    `feed` yields decoded pieces, some of them empty. Raises TooLarge, ProtocolFailed; `finish` the latter for a coding
    that is cut off.
    """

    def __init__(self, decoders: list[Decoder], limits: Limits, url: object) -> None:
        self._decoders = decoders
        self._ratio = limits.ratio
        self._url = url
        self._taken = 0
        self._given = [0] * len(decoders)

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            for start in range(0, len(data), SLICE_BYTES):
                piece = data[start : start + SLICE_BYTES]
                self._taken += len(piece)  # what waits does not yet speak for what has come out
                yield from self._through(piece, self._decoders)
        except ClientError:
            raise
        except Exception as error:  # each library has errors of its own
            raise self._broken(f"the content coding is broken: {error}") from None

    def _through(self, data: bytes, decoders: list[Decoder]) -> Iterator[bytes]:
        if not decoders:
            yield data
            return
        for start in range(0, len(data), SLICE_BYTES):
            for given in decoders[0].feed(data[start : start + SLICE_BYTES]):
                self._count(len(given), len(decoders))
                yield from self._through(given, decoders[1:])

    def _count(self, size: int, level: int) -> None:
        """What each coding gives counts by itself: one in the middle may give much to the next, which gives nothing."""
        given = self._given[level - 1] = self._given[level - 1] + size
        if given > FREE_BYTES and given > self._ratio * self._taken:
            raise TooLarge(
                f"{self._taken} octets became more than {given} when their content coding was undone",
                url=self._url,
                phase="decode",
                fix="Limits(ratio=...) allows more, for a server that is trusted",
            )

    def finish(self) -> None:
        if self._taken and not all(decoder.is_whole for decoder in self._decoders):
            raise self._broken("the content coding is cut off")

    def _broken(self, what: str) -> ProtocolFailed:
        return ProtocolFailed(what, url=self._url, phase="decode")


def content_decoding(content_encoding: str | None, limits: Limits, url: object) -> ContentDecoding | None:
    """None when there is nothing to undo, or something that nobody here can."""
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if len(codings) > MOST_CODINGS:
        raise ProtocolFailed(f"there are {len(codings)} content codings on each other", url=url, phase="decode")
    decoders = [decoder_of(coding) for coding in reversed(codings)]
    known = [decoder for decoder in decoders if decoder is not None]
    return ContentDecoding(known, limits, url) if known and len(known) == len(decoders) else None
