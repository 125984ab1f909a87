"""The development error page: only under `sennit run`, only for a loopback client that asked for a loopback host."""

import logging
from pathlib import Path

import msgspec

from ..debug import RequestSummary, page_policy, render_page, render_problem, render_text, traceback_report
from ..errors import Problem
from ..web.hosts import LOOPBACK_HOSTS, host_name
from ..web.problem_answer import problem_response, wants
from ..web.request import Request
from ..web.response import HTML, PROBLEM, TEXT, Response
from .settings import is_loopback

log = logging.getLogger("sennit.app")


class CrashPage:
    """Makes the answer to an exception: source and locals for the developer, a number for anybody else."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, request: Request, error: BaseException) -> Response:
        if not is_near(request):
            return problem_response(
                request, Problem(500, detail=f"Something went wrong here. Its number is {request.id}.")
            )
        report = traceback_report(error, root=self._root, request=_summary(request))
        form = wants(request)
        if form == "html":
            return Response(
                render_page(report, nonce=request.id), 500, {"content-security-policy": _csp(request.id)}, HTML
            )
        if form == "json":
            return Response(msgspec.json.encode(render_problem(report), enc_hook=str), 500, media_type=PROBLEM)
        return Response(render_text(report), 500, media_type=TEXT)


def is_near(request: Request) -> bool:
    name = host_name(request.host)
    return is_loopback(request.client.host) and (name in LOOPBACK_HOSTS or name.endswith(".localhost"))


def _csp(nonce: str) -> str:
    return f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _summary(request: Request) -> RequestSummary:
    return RequestSummary(
        method=request.method,
        path=request.path,
        query=request.exchange.query_string,
        headers=request.headers.lines(),
        cookies=dict(request.cookies),
        client=f"{request.client.host}:{request.client.port}",
        route=None,
    )
