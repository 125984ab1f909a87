"""From a method, a URL and the program's options to a request. Compiled where that is possible, from this very file."""

from collections.abc import Callable
from typing import Any

from ..errors import SennitError, did_you_mean
from .auth.basic import basic_value
from .body import Content, Source, form_body, json_body, source_of
from .multipart import Multipart
from .options import Options
from .redirects import is_secret
from .request import Headers, Request, check_method, lines_of, merged
from .timeouts import Timeouts
from .trace import Trace
from .transport import Lines
from .url import URL, parse_url
from .user_agent import USER_AGENT


class Defaults:
    """What a client says of all its requests. Made once; the lines of most requests are the very same tuple."""

    def __init__(self, base_url: str | URL, headers: Headers, timeouts: Timeouts, accept_encoding: str) -> None:
        self.base = parse_url(base_url) if isinstance(base_url, str) and base_url else base_url or None
        assert not isinstance(self.base, str)
        own = [(b"accept", b"*/*"), (b"accept-encoding", accept_encoding.encode()), (b"user-agent", USER_AGENT)]
        self.lines: Lines = merged(own, lines_of(headers))
        self.lines_elsewhere: Lines = tuple(line for line in self.lines if not is_secret(line[0]))
        self.timeouts = timeouts
        self._joined: dict[str, URL] = {}

    def url_of(self, url: str | URL) -> URL:
        """Relative ones stand at the client's base_url. Raises ClientError (client.E020)."""
        if not isinstance(url, str):
            return url
        return parse_url(url) if self.base is None else self._join(self.base, url)

    def _join(self, base: URL, reference: str) -> URL:
        found = self._joined.get(reference)
        if found is None:
            found = base.join(reference)
            if len(self._joined) >= 1024:
                self._joined.clear()
            self._joined[reference] = found
        return found

    def request(self, method: str, url: URL, began: float) -> Request:
        """A request with nothing beside the client's own; what most are."""
        base, timeouts = self.base, self.timeouts
        is_home = base is None or url.origin == base.origin
        request = Request(method, url, self.lines if is_home else self.lines_elsewhere, timeouts)
        request.home = url.origin if base is None else base.origin
        request.began = began
        if timeouts.total_s is not None:
            request.due = began + timeouts.total_s
        return request

    def prepared(self, method: str, given: str | URL, options: Options, began: float) -> Request:
        url = self.url_of(given)
        if method != "GET":
            method = check_method(method)
        if not options and url.user is None:
            return self.request(method, url, began)
        request = self.request(method, url.without_credentials(), began)
        if url.user is not None:
            request.lines = merged(request.lines, [(b"authorization", basic_value(url.user, url.password or ""))])
        for name, value in options.items():
            if name not in _SETTERS:
                raise _unknown(name)
            _SETTERS[name](request, value, options)
        request.expects_continue &= request.source is not None or bool(request.body)
        if url.scheme in ("ws", "wss"):
            request.url = request.url.with_scheme(url.scheme)
        return request


def _params(request: Request, value: Any, options: Options) -> None:
    request.url = request.url.with_params(value)


def _headers(request: Request, value: Any, options: Options) -> None:
    request.lines = merged(request.lines, lines_of(value))


def _timeout(request: Request, value: float | Timeouts, options: Options) -> None:
    timeouts = request.timeouts = timeouts_of(value)
    request.due = 0.0 if timeouts.total_s is None else request.began + timeouts.total_s


def _trace(request: Request, value: bool, options: Options) -> None:
    request.trace = Trace() if value else None


def _on_upload(request: Request, value: Callable[[int], None], options: Options) -> None:
    request.on_upload = value


def _expect_continue(request: Request, value: bool, options: Options) -> None:
    request.expects_continue = value


def _json(request: Request, value: Any, options: Options) -> None:
    _only("json", options)
    _set_body(request, json_body(value), "application/json")


def _body(request: Request, value: Content, options: Options) -> None:
    _only("body", options)
    _set_body(request, source_of(value), "text/plain; charset=utf-8" if isinstance(value, str) else "")


def _form(request: Request, value: Any, options: Options) -> None:
    if "files" not in options:
        _only("form", options)
        _set_body(request, form_body(value), "application/x-www-form-urlencoded")


def _files(request: Request, value: Any, options: Options) -> None:
    _only("files", options)
    multipart = Multipart(options.get("form", {}), value)
    _set_body(request, multipart, multipart.media_type)


def _elsewhere(request: Request, value: Any, options: Options) -> None:
    """The client looks at these itself."""


_SETTERS: dict[str, Callable[[Request, Any, Options], None]] = {
    "params": _params, "headers": _headers, "timeout_s": _timeout, "trace": _trace, "on_upload": _on_upload,
    "expect_continue": _expect_continue, "json": _json, "body": _body, "form": _form, "files": _files,
    "auth": _elsewhere, "follow_redirects": _elsewhere,
}  # fmt: skip


def _set_body(request: Request, body: bytes | Source, media_type: str) -> None:
    if isinstance(body, bytes):
        request.body, request.length = body, len(body)
    else:
        request.source, request.length = body, body.length
    if media_type and not any(name == b"content-type" for name, _ in request.lines):
        request.lines = (*request.lines, (b"content-type", media_type.encode("latin-1")))


def _only(name: str, options: Options) -> None:
    others = {"json", "body", "form", "files"} & options.keys() - {name} - ({"form"} if name == "files" else set())
    if others:
        raise SennitError(
            code="client.E027",
            what=f"a request has one body, and both {name!r} and {min(others)!r} were given",
            fix="give one of json=, form= (with or without files=) and body=",
        )


def timeouts_of(value: float | Timeouts) -> Timeouts:
    return value if isinstance(value, Timeouts) else Timeouts(total_s=value)


def _unknown(name: str) -> SennitError:
    return SennitError(
        code="client.E028",
        what=f"there is no option {name!r} of a request.{did_you_mean(name, list(_SETTERS))}",
        fix=f"use one of {', '.join(sorted(_SETTERS))}",
    )
