"""The error page: one HTML document that needs no other request and no script."""

import re
from urllib.parse import quote

from .error_pages import Block
from .frames import Frame, Local
from .markup import prose, source, table, text
from .report import ExceptionReport, Explanation, Report
from .style import BRAID, style_sheet
from .text import render_text

_RELATIONS = {"cause": "Raised from", "context": "While handling"}


def render_page(report: Report, *, nonce: str, editor_url: str = "") -> str:
    """The document. nonce: of the `style-src` in `page_policy`.

    editor_url: makes each place a link that opens an editor; a pattern such as `vscode://file/{file}:{line}`.
    """
    page = _Page(report, editor_url)
    request = report.request
    of = f" · {request.method} {request.path}" if request is not None else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{text(report.main.title[:120] + of)}</title>
<style nonce="{text(nonce)}">{style_sheet()}</style>
</head>
<body>
{_bar(report)}
<main>
{_head(report)}
{"".join(page.exception(error, number) for number, error in enumerate(report.chain))}
{_request(report)}
{_environment(report)}
{_as_text(report)}
</main>
</body>
</html>
"""


def page_policy(nonce: str) -> str:
    """The Content-Security-Policy that the page needs: its own style and nothing else."""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


# ── above the fold ───────────────────────────────────────────────────────────


def _bar(report: Report) -> str:
    request = report.request
    asked = f"<b>{text(request.method)}</b> {text(request.path)}" if request is not None else "outside a request"
    places = [("stack", "Calls"), *([("request", "Request")] if request else []), ("environment", "Environment")]
    links = "".join(f'<a href="#{place}">{name}</a>' for place, name in [*places, ("as-text", "Copy as text")])
    return (
        f'<header class="bar"><div class="wide">{BRAID}<span class="asked">{asked}</span>'
        f'<span class="status">{report.status} {text(report.phrase)}</span><nav>{links}</nav></div></header>'
    )


def _head(report: Report) -> str:
    main = report.main
    causes = "".join(
        f"<li><span>{_RELATIONS[error.relation]}</span> "
        f'<a href="#exception-{number}">{text(_line(error.title))}</a></li>'
        for number, error in enumerate(report.chain)
        if error.relation
    )
    chain = f'<ul class="chain">{causes}</ul>' if causes else ""
    return f'<section class="head">{_headline(main, "h1")}{_help(main)}{chain}</section>'


def _headline(error: ExceptionReport, level: str) -> str:
    """The class, then the message; a message of many words or lines is set smaller."""
    message = error.message or "no message"
    size = "huge" if len(message) > 700 or message.count("\n") > 4 else "long" if len(message) > 110 else "short"
    code = f'<span class="code">{text(error.explanation.code)}</span>' if error.explanation is not None else ""
    module, _, name = error.type.rpartition(".")
    kind = f'<span class="module">{text(module)}.</span>{text(name)}' if module else text(name)
    return f'<p class="type">{code}<span>{kind}</span></p><{level} class="message {size}">{text(message)}</{level}>'


def _help(error: ExceptionReport) -> str:
    """Whatever leads to the mended program: the error's own fix, the nearest name, notes."""
    explained = _explanation(error.explanation) if error.explanation is not None else ""
    suggested = f'<p class="suggestion">{text(error.suggestion)}</p>' if error.suggestion else ""
    notes = "".join(f'<p class="note">{text(note)}</p>' for note in error.notes)
    return explained + suggested + notes


def _explanation(error: Explanation) -> str:
    rows = [("Where", text(error.where)), ("Fix", text(error.fix))]
    listed = "".join(f'<div class="{name.lower()}"><dt>{name}</dt><dd>{html}</dd></div>' for name, html in rows if html)
    about = "".join(map(_block, error.page))
    more = f"<code>sennit explain {text(error.code)}</code>"
    if about:
        summary = f"<summary>About <b>{text(error.code)}</b> <span>docs/errors/{text(error.code)}.md</span></summary>"
        more = f'<details class="about">{summary}<div class="prose">{about}</div></details>'
    else:
        more = f'<p class="more">More: {more}</p>'
    return f'<div class="explained"><dl>{listed}</dl>{more}</div>'


def _block(block: Block) -> str:
    if block.kind == "code":
        return f'<pre tabindex="0"><code>{text(block.text)}</code></pre>'
    tag = {"heading": "h3", "item": "li", "paragraph": "p"}[block.kind]
    return f"<{tag}>{prose(block.text)}</{tag}>"


def _line(message: str) -> str:
    first = message.partition("\n")[0]
    return first if len(first) <= 100 else f"{first[:100]}…"


# ── exceptions and their calls ───────────────────────────────────────────────


class _Page:
    def __init__(self, report: Report, editor_url: str) -> None:
        self.spots = report.spots
        self.editor_url = editor_url

    def exception(self, error: ExceptionReport, number: int) -> str:
        """One link of the chain: for the first its head stands at the top of the page already."""
        head = ""
        if error.relation:
            head = f'<p class="relation">{_RELATIONS[error.relation]}</p>{_headline(error, "h2")}{_help(error)}'
        place = "stack" if number == 0 else f"exception-{number}"
        body = f"{head}{self.elsewhere(error, number)}{self.members(error)}{self.calls(error)}"
        return f'<section class="exception" id="{place}">{body}</section>'

    def elsewhere(self, error: ExceptionReport, number: int) -> str:
        """The places to look at first, where they are not among the calls of the first exception."""
        shown = [self.frame(spot, is_open=True) for spot in self.spots if number == 0 and spot not in error.frames]
        return f'<h2 class="label">Look here</h2><div class="calls">{"".join(shown)}</div>' if shown else ""

    def members(self, error: ExceptionReport) -> str:
        total = len(error.members) + error.members_left_out
        shown = "".join(self.member(member, number, total) for number, member in enumerate(error.members, 1))
        missing = f'<p class="gap">{error.members_left_out} more exceptions</p>' if error.members_left_out else ""
        return f'<div class="members">{shown}{missing}</div>' if shown else ""

    def member(self, error: ExceptionReport, number: int, total: int) -> str:
        """One exception of a group; all are open enough to read what happened, the first shows where, too."""
        return (
            f'<article class="member"><p class="relation">{number} of {total}</p>'
            f"{_headline(error, 'h3')}{_help(error)}{self.members(error)}{self.calls(error)}</article>"
        )

    def calls(self, error: ExceptionReport) -> str:
        """The frames, innermost first, runs of library frames folded into one line."""
        if not error.frames:
            return '<p class="gap">It was never raised, so there are no calls to show.</p>'
        rows: list[str] = []
        folded: list[Frame] = []
        for number in range(len(error.frames) - 1, -1, -1):
            frame = error.frames[number]
            # A library's own line is worth a look only when there is nothing else to look at.
            if frame.kind == "library" and frame not in self.spots:
                folded.append(frame)
            else:
                rows += [self.fold(folded), self.frame(frame, is_open=frame is error.spot)]
                folded = []
            if error.left_out and number == error.left_out_after:
                rows += [self.fold(folded), f'<p class="gap">{error.left_out:,} calls left out</p>']
                folded = []
        rows.append(self.fold(folded))
        return f'<h2 class="label">Calls <span>most recent first</span></h2><div class="calls">{"".join(rows)}</div>'

    def fold(self, frames: list[Frame]) -> str:
        if not frames:
            return ""
        packages = ", ".join(dict.fromkeys(text(frame.package) for frame in frames))
        inside = "".join(self.frame(frame, is_open=False) for frame in frames)
        calls = f"{len(frames)} call{'s' if len(frames) > 1 else ''}"
        return f'<details class="fold"><summary>{calls} in <b>{packages}</b></summary>{inside}</details>'

    def frame(self, frame: Frame, *, is_open: bool) -> str:
        function = text(frame.function or f"line {frame.line}")
        return (
            f'<details class="frame {frame.kind}"{" open" if is_open else ""}><summary>'
            f'<span class="function">{function}</span><span class="place">{self.place(frame)}</span>'
            f'<code class="brief">{text(frame.code)}</code></summary>{_inside(frame)}</details>'
        )

    def place(self, frame: Frame) -> str:
        folder, slash, name = frame.place.rpartition("/")
        shown = f"{text(folder + slash)}<b>{text(name)}</b>:{frame.line}"
        target = self.editor_url.replace("{file}", quote(frame.file)).replace("{line}", str(frame.line))
        if not re.match(r"(?!javascript|data|vbscript)[a-z][a-z0-9+.-]*:", target) or frame.file.startswith("<"):
            return f'<span title="{text(frame.file)}">{shown}</span>'
        return f'<a href="{text(target)}" title="{text(frame.file)}">{shown}</a>'


def _inside(frame: Frame) -> str:
    lines = source(frame.source, frame.line) or '<p class="gap">The source is not at hand.</p>'
    values = _values(frame.locals)
    return f'<div class="inside{"" if values else " alone"}">{lines}{values}</div>'


def _values(variables: tuple[Local, ...]) -> str:
    used = "".join(_value(local) for local in variables if local.used)
    other = "".join(_value(local) for local in variables if not local.used)
    parts = [("In this line", used), ("Beside it" if used else "Values", other)]
    shown = "".join(f'<h4 class="label">{name}</h4><dl>{rows}</dl>' for name, rows in parts if rows)
    return f'<div class="values" tabindex="0">{shown}</div>' if shown else ""


def _value(local: Local) -> str:
    kind = local.type.rpartition(".")[2]
    return (
        f'<div><dt>{text(local.name)} <span title="{text(local.type)}">{text(kind)}</span></dt>'
        f"<dd>{text(local.text)}</dd></div>"
    )


# ── below ────────────────────────────────────────────────────────────────────


def _request(report: Report) -> str:
    request = report.request
    if request is None:
        return ""
    parts = [
        ("General", (("asked for", f"{request.method} {request.path}"), *request.facts)),
        ("Path", request.params),
        ("Query", request.query),
        ("Form", request.form),
        ("Headers", request.headers),
        ("Cookies", request.cookies),
    ]
    shown = "".join(f'<div><h3 class="label">{name}</h3>{table(pairs)}</div>' for name, pairs in parts if pairs)
    return f'<section id="request"><h2>Request</h2><div class="parts">{shown}</div></section>'


def _environment(report: Report) -> str:
    env = report.environment
    facts = [("sennit", env.sennit), ("python", env.python), ("system", env.platform), ("project", report.root)]
    packages = "".join(f"<li>{text(name)} <span>{text(version)}</span></li>" for name, version in env.packages)
    listed = f"<details><summary>{len(env.packages)} packages</summary><ul class='packages'>{packages}</ul></details>"
    return (
        f'<section id="environment"><h2>Environment</h2>{table([*facts, ("interpreter", env.executable)])}'
        f"{listed if packages else ''}</section>"
    )


def _as_text(report: Report) -> str:
    return (
        '<section><h2>Copy as text</h2><p class="hint">One click selects all of it. Secrets are hidden; '
        "read it once before you send it to others.</p>"
        f'<pre class="copy" id="as-text" tabindex="0">{text(render_text(report))}</pre></section>'
    )
