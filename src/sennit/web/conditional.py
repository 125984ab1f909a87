"""Answers to conditional requests: 304 for what the client has, 412 for what is not what it means (RFC 9110 §13.2)."""

from .conditions import http_moment, is_known, still_matches
from .request import Request
from .response import Response

_OF_CONTENT = ("content-type", "content-length", "content-encoding", "content-language", "content-disposition")


def meet_conditions(request: Request, response: Response) -> None:
    """Turn a 200 to GET or HEAD into a 304 or a 412 where the request asks for it. Changes `response`."""
    if response.status != 200 or request.method not in ("GET", "HEAD"):
        return
    fields, tag = request.headers, response.headers.get("etag")
    modified = http_moment(response.headers.get("last-modified", ""))
    if not still_matches(fields, tag, modified):
        _take_content(response, 412)
    elif is_known(fields, tag, modified):
        _take_content(response, 304)


def _take_content(response: Response, status: int) -> None:
    response.status, response.body, response.stream = status, b"", None
    for name in _OF_CONTENT:
        if name in response.headers:
            del response.headers[name]
