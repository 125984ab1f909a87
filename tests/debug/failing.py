"""Catches what the small program raises and reports it as the application would."""

from collections.abc import Callable
from pathlib import Path

from sennit.debug import Environment, Report, RequestSummary, traceback_report

SHOP = Path(__file__).parent / "shop"
INSTALLED = Environment("CPython 3.11.2", "0.1.0", "Linux", "/usr/bin/python3", (("Jinja2", "3.1.6"),))

REQUEST = RequestSummary(
    method="POST",
    path="/reset/abc123",
    query="draft=1&token=s3cr3t&q=%3Cscript%3E",
    headers=[("host", "localhost"), ("cookie", "session=eyJ1"), ("Authorization", "Basic dXNlcjpwYXNz")],
    cookies={"session": "eyJ1", "theme": "dark"},
    form=[("name", "Ann"), ("password", "hunter2")],
    params={"token": "abc123"},
    route="reset",
    client="127.0.0.1:5000",
    id="0f3c",
)


def caught(fn: Callable[[], object]) -> BaseException:
    """The exception with a traceback that begins in `fn`."""
    try:
        fn()
    except BaseException as error:  # a RecursionError, a SystemExit, whatever it is
        inside = error.__traceback__.tb_next if error.__traceback__ else None
        return error.with_traceback(inside)
    raise AssertionError("it did not fail")


def report_of(fn: Callable[[], object], *, request: RequestSummary | None = None, root: Path = SHOP) -> Report:
    return traceback_report(caught(fn), root=root, request=request, installed=INSTALLED)
