"""Forms in: urlencoded and multipart bodies, read as they stream, every limit of `limits` held."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import IO, Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from ..errors import BadRequest, TooLarge, UnsupportedMediaType
from ..http.limits import Limits
from ..http.media_type import essence, parameter
from .query_params import QueryParams, parse_urlencoded
from .upload import File, base_name, close_spool, new_spool, write_spools

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_PART_HEADER_BYTES = 8 * 1024
_MOST_FILES = 100
_BOUNDARY_BYTES = 70


class FormData(QueryParams):
    """The fields of a form, and its files. `files` are closed when the request ends."""

    __slots__ = ("files",)

    def __init__(self, pairs: list[tuple[str, str]], files: list[tuple[str, File]]) -> None:
        super().__init__(pairs)
        self.files = files

    def get_files(self, name: str) -> list[File]:
        return [file for key, file in self.files if key == name]

    def close(self) -> None:
        for _, file in self.files:
            file.close()


async def read_form(
    content_type: str,
    read: Callable[[int], Any],
    stream: Callable[[int], AsyncIterator[bytes]],
    limits: Limits,
) -> FormData:
    """The form of a request.

    read(limit) gives the whole body, stream(limit) its pieces. Raises UnsupportedMediaType for anything but a form,
    BadRequest for a malformed one, TooLarge past a limit.
    """
    kind = essence(content_type)
    if kind == URLENCODED:
        return _urlencoded(await read(limits.form), limits)
    if kind == MULTIPART:
        return await _multipart(content_type, stream, limits)
    raise UnsupportedMediaType(
        detail=f"expected a form ({URLENCODED} or {MULTIPART}), got {kind or 'no content type'}"[:200]
    )


def _urlencoded(body: bytes, limits: Limits) -> FormData:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(detail="the form is not UTF-8") from None
    return FormData(parse_urlencoded(text, limits.parts).pairs(), [])


async def _multipart(content_type: str, stream: Callable[[int], AsyncIterator[bytes]], limits: Limits) -> FormData:
    boundary = parameter(content_type, "boundary")
    if not boundary or len(boundary) > _BOUNDARY_BYTES:
        raise BadRequest(detail="the multipart boundary is missing or longer than 70 characters")
    collector = _Collector(limits)
    body_limit = limits.form + limits.file * _MOST_FILES
    try:
        with PushMultipartParser(
            boundary,
            max_segment_count=limits.parts,
            max_header_size=_PART_HEADER_BYTES,
            max_header_count=8,
        ) as parser:
            async for piece in stream(body_limit):
                for event in parser.parse(piece):
                    collector.receive(event)
                await collector.store()
    except MultipartError as error:
        collector.abandon()
        raise _multipart_problem(error) from None
    except BaseException:
        collector.abandon()
        raise
    return collector.form()


def _multipart_problem(error: MultipartError) -> Exception:
    kind = TooLarge if getattr(error, "http_status", 400) == 413 else BadRequest
    return kind(detail=f"the multipart form is malformed: {str(error)[:200]}")


class _Collector:
    """Gathers the parser's events: a segment, its pieces, None at its end."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pairs: list[tuple[str, str]] = []
        self._files: list[tuple[str, File]] = []
        self._segment: MultipartSegment | None = None
        self._text = bytearray()
        self._spool: IO[bytes] | None = None
        self._size = 0
        self._field_bytes = 0
        self._pending: list[tuple[IO[bytes], bytes]] = []

    def receive(self, event: Any) -> None:
        if isinstance(event, MultipartSegment):
            self._open(event)
        elif event:
            self._piece(event)
        elif event is None:
            self._close()

    async def store(self) -> None:
        """What has come of files goes to their spools. Raises a Problem, 507 or 503, when the disk does not take it."""
        pending, self._pending = self._pending, []
        if pending:
            await write_spools(pending)

    def _open(self, segment: MultipartSegment) -> None:
        self._segment, self._size = segment, 0
        if any(c in value for _, value in segment.headerlist for c in "\r\n\0"):
            raise BadRequest(detail="the header of a part has a control character")
        if sum(len(name) + len(value) for name, value in segment.headerlist) > _PART_HEADER_BYTES:
            raise TooLarge(detail=f"the header of a part is larger than {_PART_HEADER_BYTES} bytes")
        self._count_field(len(segment.name or ""))
        self._text.clear()
        if segment.filename is not None:
            if len(self._files) >= _MOST_FILES:
                raise TooLarge(detail=f"more than {_MOST_FILES} files in one form")
            self._spool = new_spool()

    def _piece(self, piece: bytes | bytearray) -> None:
        self._size += len(piece)
        if self._spool is not None:
            if self._size > self._limits.file:
                raise TooLarge(detail=f"a file is larger than {self._limits.file} bytes")
            self._pending.append((self._spool, bytes(piece)))
            return
        self._count_field(len(piece))
        self._text += piece

    def _count_field(self, octets: int) -> None:
        """Names count, too: a thousand of them may be long."""
        self._field_bytes += octets
        if self._field_bytes > self._limits.form:
            raise TooLarge(detail=f"the fields of the form are larger than {self._limits.form} bytes together")

    def _close(self) -> None:
        segment = self._segment
        if segment is None:
            return
        if self._spool is not None:
            self._close_file(segment, self._spool)
        else:
            self._pairs.append((segment.name, _utf8(self._text)))
        self._segment, self._spool = None, None

    def _close_file(self, segment: MultipartSegment, spool: IO[bytes]) -> None:
        """A file input left empty is sent with an empty name and no content: it is no file."""
        if not segment.filename and not self._size:
            close_spool(spool)
            return
        media_type = segment.content_type or "application/octet-stream"
        file = File(base_name(segment.filename or ""), essence(media_type), spool, self._size)
        self._files.append((segment.name, file))

    def abandon(self) -> None:
        if self._spool is not None:
            close_spool(self._spool)
        for _, file in self._files:
            file.close()

    def form(self) -> FormData:
        return FormData(self._pairs, self._files)


def _utf8(data: bytearray) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(detail="a field of the form is not UTF-8") from None


def values_for(form: FormData, members: Mapping[str, bool]) -> dict[str, Any]:
    """Raw values for a typed form: `{name: is it a list}` picks all values or the last; absent names are left out."""
    raw: dict[str, Any] = {}
    for name, is_list in members.items():
        values = form.get_all(name)
        if values:
            raw[name] = values if is_list else values[-1]
    return raw
