"""What a program gives as the content of a request becomes its body and its Content-Type."""

from collections.abc import Iterable, Mapping

from ..errors import SennitError
from .body import Content, form_body, json_body, source_of
from .multipart import Files, Multipart
from .request import Request

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
TEXT = b"text/plain; charset=utf-8"
OCTETS = b"application/octet-stream"


def content_of(
    request: Request,
    *,
    json: object,
    form: Mapping[str, object] | Iterable[tuple[str, object]] | None,
    files: Files | None,
    body: Content | None,
) -> None:
    """Raises SennitError (client.E028) for more than one of json, body, and form or files."""
    if (json is not None) + (body is not None) + (form is not None or files is not None) > 1:
        raise SennitError(
            code="client.E028",
            what="a request has one body, and more than one was given",
            where="client.request(...)",
            fix="give one of json=, form= (with files=, if there are files) and body=",
        )
    if json is not None:
        _whole(request, json_body(json), JSON)
    elif body is not None:
        _body(request, body)
    elif files is not None:
        _pieces(request, Multipart(form or {}, files))
    else:
        _whole(request, form_body(form or {}), FORM)


def _body(request: Request, body: Content) -> None:
    source = source_of(body)
    if isinstance(source, bytes):
        _whole(request, source, TEXT if isinstance(body, str) else OCTETS)
        return
    request.source, request.length = source, source.length
    _say(request, OCTETS)


def _pieces(request: Request, multipart: Multipart) -> None:
    request.source, request.length = multipart, multipart.length
    _say(request, multipart.media_type.encode("ascii"))


def _whole(request: Request, body: bytes, media_type: bytes) -> None:
    request.body, request.length = body, len(body)
    _say(request, media_type)


def _say(request: Request, media_type: bytes) -> None:
    """What the program says itself stands."""
    if all(name != b"content-type" for name, _ in request.lines):
        request.lines = [*request.lines, (b"content-type", media_type)]
