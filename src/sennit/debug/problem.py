"""The error for clients of an API: a problem document (RFC 9457) with what a developer needs."""

from .report import ExceptionReport, Report


def render_problem(report: Report) -> dict[str, object]:
    """The members of an `application/problem+json` document: the standard five, then `exception`, `trace` and, where
    known, `suggestion`, `code`, `where`, `fix`, `notes`, `causes`, `errors`.
    """
    main = report.main
    document: dict[str, object] = {
        "type": "about:blank",
        "title": report.phrase,
        "status": report.status,
        "detail": main.message or main.type,
        "instance": report.request.path if report.request is not None else "",
        **_members(main),
        "causes": [{"detail": cause.message, **_members(cause)} for cause in report.chain[1:]],
    }
    return {name: value for name, value in document.items() if value not in ("", [], None)}


def _members(error: ExceptionReport) -> dict[str, object]:
    members: dict[str, object] = {"exception": error.type}
    if error.explanation is not None:
        members |= {"code": error.explanation.code, "where": error.explanation.where, "fix": error.explanation.fix}
    members |= {
        "suggestion": error.suggestion,
        "notes": list(error.notes),
        "trace": [f"{frame.at} in {frame.function or 'the file'}: {frame.code}" for frame in error.frames],
        "exceptions": [{"detail": member.message, **_members(member)} for member in error.members],
    }
    return {name: value for name, value in members.items() if value not in ("", [], None)}
