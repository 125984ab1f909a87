"""The error as plain text, for the terminal, for curl and for pasting into a message."""

from collections.abc import Iterator

from .frames import Frame
from .report import ExceptionReport, Report

_RELATIONS = {"cause": "It was raised from", "context": "It happened while handling"}


def render_text(report: Report) -> str:
    """What happened, the failing line, the calls that led there (outermost first), then the request."""
    lines: list[str] = []
    for error in report.chain:
        if error.relation:
            lines += ["", f"{_RELATIONS[error.relation]}:", ""]
        lines += _exception(error, report.spots if error is report.main else (error.spot,))
    lines += ["", *_facts(report)]
    return "\n".join(lines) + "\n"


def _exception(error: ExceptionReport, spots: tuple[Frame | None, ...]) -> Iterator[str]:
    yield from _headline(error)
    for spot in filter(None, spots):
        yield from ("", f"  {_place(spot)}", *_source(spot))
    if len(error.frames) > 1:
        yield from ("", "  Calls, most recent last:", *_calls(error))
    for number, member in enumerate(error.members, start=1):
        yield from ("", f"  ── {number} of {len(error.members) + error.members_left_out} ──")
        yield from (f"  {line}".rstrip() for line in _exception(member, (member.spot,)))
    if error.members_left_out:
        yield from ("", f"  … {error.members_left_out} more exceptions in the group")


def _headline(error: ExceptionReport) -> Iterator[str]:
    if error.explanation is not None:
        yield f"[{error.explanation.code}] {error.message}"
        if error.explanation.where:
            yield f"  where: {_indented(error.explanation.where)}"
        if error.explanation.fix:
            yield f"  fix:   {_indented(error.explanation.fix)}"
        yield f"  more:  sennit explain {error.explanation.code}"
    else:
        yield error.title
    if error.suggestion:
        yield f"  {error.suggestion}"
    yield from (f"  note: {_indented(note)}" for note in error.notes)


def _indented(text: str) -> str:
    return text.replace("\n", "\n         ")


def _place(frame: Frame) -> str:
    return f"{frame.at} in {frame.function}" if frame.function else frame.at


def _source(frame: Frame) -> Iterator[str]:
    width = len(str(max((line.number for line in frame.source), default=0)))
    for line in frame.source:
        pointer = ">" if line.mark else " "
        yield f"  {pointer} {line.number:>{width}} | {line.text}".rstrip()
        if line.pointed:
            yield f"    {' ' * width} | {_under(line.text, *line.pointed)}"


def _under(text: str, start: int, end: int) -> str:
    blank = "".join("\t" if c == "\t" else " " for c in text[:start])
    return blank + "^" * max(1, end - start)


def _calls(error: ExceptionReport) -> Iterator[str]:
    folded: list[Frame] = []
    for number, frame in enumerate(error.frames):
        if number == error.left_out_after and error.left_out:
            yield from (*_fold(folded), f"    … {error.left_out:,} frames left out …")
            folded = []
        if frame.kind == "library" and frame is not error.frames[-1]:
            folded.append(frame)
            continue
        yield from (*_fold(folded), f"    {_place(frame)}")
        folded = []
        if frame.code:
            yield f"        {frame.code}"


def _fold(frames: list[Frame]) -> list[str]:
    if not frames:
        return []
    packages = dict.fromkeys(frame.package for frame in frames)
    return [f"    … {len(frames)} frame{'s' if len(frames) > 1 else ''} in {', '.join(packages)}"]


def _facts(report: Report) -> Iterator[str]:
    request = report.request
    if request is not None:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        yield f"  {request.method} {request.path}{'?' if query else ''}{query}"
        yield from (f"  {name}: {value}" for name, value in request.facts)
    yield f"  {report.environment.python}, sennit {report.environment.sennit}, {report.environment.platform}"
