"""Errors in the asker's form: HTML to browsers, problem+json (RFC 9457) to API clients, plain text to curl."""

from html import escape
from typing import Any

import msgspec

from ..errors import Problem
from ..http.media_type import essence, names, quality
from .request import Request
from .response import HTML, PROBLEM, TEXT, Response

_TERMINAL_CLIENTS = ("curl/", "wget/", "httpie/", "xh/")


def wants(request: Request) -> str:
    """`html`, `json` or `text`: the form in which this client reads an error."""
    accept = request.headers.get("accept", "")
    if names(accept, "text/html"):
        return "html"
    if "json" in accept or "json" in essence(request.headers.get("content-type", "")):
        return "json"
    if request.headers.get("user-agent", "").lower().startswith(_TERMINAL_CLIENTS):
        return "text"
    return "text" if accept and not quality(accept, PROBLEM) else "json"


def problem_response(request: Request, problem: Problem) -> Response:
    form = {"html": _html, "json": _json, "text": _text}[wants(request)]
    response = form(request, problem)
    response.headers["cache-control"] = "no-store"
    response.headers["vary"] = "accept"
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def problem_members(request: Request, problem: Problem) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path[:500],
    }
    if problem.errors:
        members["errors"] = problem.errors
    return members | problem.extensions


def _json(request: Request, problem: Problem) -> Response:
    body = msgspec.json.encode(problem_members(request, problem), enc_hook=str)
    return Response(body, problem.status, media_type=PROBLEM)


def _text(request: Request, problem: Problem) -> Response:
    lines = [f"{problem.status} {problem.title}"]
    if problem.detail and not problem.errors:
        lines.append(_printable(problem.detail))
    lines.extend(f"  {e['in']} {e['field']}: {e['message']}" for e in problem.errors)
    return Response("\n".join(lines) + "\n", problem.status, media_type=TEXT)


def _printable(text: str) -> str:
    """Nothing a client sent may steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _html(request: Request, problem: Problem) -> Response:
    rows = "".join(f"<li><b>{escape(e['field'])}</b> {escape(e['message'])}</li>" for e in problem.errors)
    errors = f"<ul>{rows}</ul>" if rows else ""
    detail = f"<p>{escape(problem.detail)}</p>" if problem.detail and not problem.errors else ""
    page = _PAGE.format(status=problem.status, title=escape(problem.title), detail=detail, errors=errors)
    return Response(page, problem.status, {"content-security-policy": _CSP}, HTML)


_STYLE = (
    "html{color-scheme:light dark;font:18px/1.6 system-ui,sans-serif}"
    "body{margin:18vh auto 0;max-width:34rem;padding:0 1.5rem}"
    "small{font-size:1rem;letter-spacing:.08em;opacity:.6}h1{margin:.1em 0 .4em;font-size:2rem;line-height:1.2}"
    "p{margin:0 0 1em}li{margin:.2em 0}a{color:inherit}"
)
_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    f"<title>{{title}}</title><style>{_STYLE.replace('{', '{{').replace('}', '}}')}</style></head>"
    '<body><small>{status}</small><h1>{title}</h1>{detail}{errors}<p><a href="/">Start page</a></p></body></html>\n'
)
