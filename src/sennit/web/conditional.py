"""Conditional requests (RFC 9110 §13.2) as the web layer answers them; what they mean stands in `http/conditions.py`."""

from ..http.conditions import Validators, check_conditions
from ..http.date import parse_http_date
from .request import Request
from .required_state import conditions_of
from .response import Response

_OF_CONTENT = ("content-type", "content-length", "content-encoding", "content-language", "content-disposition")


def meet_conditions(request: Request, response: Response) -> None:
    """Turn a 200 to GET or HEAD into a 304 or a 412 where the request asks for it. Changes `response`."""
    if response.status != 200 or request.method not in ("GET", "HEAD"):
        return
    have = Validators(response.headers.get("etag") or "", parse_http_date(response.headers.get("last-modified") or ""))
    status = check_conditions(request.method, conditions_of(request.headers), have)
    if status is not None:
        response.status, response.body, response.stream = status, b"", None
        for name in _OF_CONTENT:
            if name in response.headers:
                del response.headers[name]
