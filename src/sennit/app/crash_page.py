"""The development error page: only under `sennit run`, only for a loopback client that asked for a loopback host."""

from pathlib import Path

import msgspec

from ..debug import RequestSummary, is_loopback, page_policy, render_page, render_problem, render_text, traceback_report
from ..errors import Problem
from ..web.hosts import host_name
from ..web.problem_answer import problem_response, wants
from ..web.request import Request
from ..web.response import HTML, PROBLEM, TEXT, Response


class CrashPage:
    """Makes the answer to an exception: source and values for the developer, a number for anybody else."""

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
            policy = {"content-security-policy": page_policy(request.id), "cache-control": "no-store"}
            return Response(render_page(report, nonce=request.id), 500, policy, HTML)
        if form == "json":
            return Response(msgspec.json.encode(render_problem(report), enc_hook=str), 500, media_type=PROBLEM)
        return Response(render_text(report), 500, media_type=TEXT)


def is_near(request: Request) -> bool:
    """Against DNS rebinding both must be loopback: who asks, and the host that it asked for."""
    return is_loopback(request.client.host) and is_loopback(host_name(request.host))


def _summary(request: Request) -> RequestSummary:
    return RequestSummary(
        method=request.method,
        path=request.exchange.raw_path,
        query=request.exchange.query_string,
        headers=request.headers.lines(),
        cookies=dict(request.cookies),
        params=dict(request.params),
        client=f"{request.client.host}:{request.client.port}",
        id=request.id,
    )
