"""Checks at start: each returns all that it found wrong, none stops at the first, and all are told together."""

import ipaddress
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import SennitError
from .masking import mask_text, printable


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to mend, in the parts of a SennitError."""

    code: str
    what: str
    where: str = ""
    fix: str = ""

    @classmethod
    def of(cls, error: SennitError) -> "Finding":
        return cls(error.code, error.what, error.where, error.fix)


Check = Callable[[], Iterable[Finding]]


def findings_of(checks: Iterable[Check]) -> list[Finding]:
    """Everything that the checks find, each finding once, in the order found.

    A check that raises a SennitError has found that; any other exception is a mistake in the check and goes on up.
    """
    found: dict[Finding, None] = {}
    for check in checks:
        try:
            found.update(dict.fromkeys(check()))
        except SennitError as error:
            found[Finding.of(error)] = None
    return list(found)


def render_findings(findings: Iterable[Finding], *, width: int = 100) -> str:
    """The findings for a terminal `width` columns wide, codes in one column; "" when there are none."""
    listed = list(findings)
    if not listed:
        return ""
    margin = max(len(finding.code) for finding in listed) + 4
    count = "1 thing to mend" if len(listed) == 1 else f"{len(listed)} things to mend"
    blocks = ["\n".join(_lines(finding, margin, max(width, margin + 40))) for finding in listed]
    return f"{count}\n\n" + "\n\n".join(blocks) + f"\n\nMore about one: sennit explain {printable(listed[0].code)}\n"


def _lines(finding: Finding, margin: int, width: int) -> Iterator[str]:
    yield from _wrapped(f"  {printable(finding.code):<{margin - 2}}", finding.what, margin, width)
    for label, text in (("where", finding.where), ("fix", finding.fix)):
        if text:
            yield from _wrapped(f"{'':{margin}}{label:<7}", text, margin + 7, width)


def _wrapped(first: str, text: str, margin: int, width: int) -> Iterator[str]:
    """A text under its label; its own line ends stay, long words (paths, URLs) are not broken."""
    prefix = first
    for line in printable(mask_text(text)).splitlines() or [""]:
        for piece in textwrap.wrap(line, width - margin, break_long_words=False, break_on_hyphens=False) or [""]:
            yield (prefix + piece).rstrip()
            prefix = " " * margin


# ── checks that need nothing but the program's files ─────────────────────────


def check_page_hosts(hosts: Iterable[str]) -> list[Finding]:
    """Hosts that `sennit run` binds, from which others could read error pages: all that are not loopback."""
    return [
        Finding(
            code="debug.E001",
            what=f"error pages with source and values would be readable by others on the network at {host!r}",
            where="the host that `sennit run` binds",
            fix="bind 127.0.0.1 for development; `sennit serve` is for other machines and shows no such pages",
        )
        for host in hosts
        if not is_loopback(host)
    ]


def is_loopback(host: str) -> bool:
    """Whether a host, as in a Host field without its port or as bound, can only be this machine.

    Names under `.localhost` are (RFC 6761 §6.3); the empty string binds all interfaces and is not.
    """
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_module_names(root: Path) -> list[Finding]:
    """Files and packages of the project that hide a module of the standard library for the whole program."""
    found = []
    for path in sorted(root.glob("*")):
        name = path.stem if path.suffix == ".py" else path.name if (path / "__init__.py").is_file() else ""
        if name in sys.stdlib_module_names and not name.startswith("_"):
            finding = Finding(
                code="debug.E002",
                what=f"{path.name!r} hides Python's own module {name!r}: libraries that import it get this one",
                where=str(path),
                fix=f"rename it, for instance to 'my_{path.name}', and change its imports",
            )
            found.append(finding)
    return found


class TemplateSource(Protocol):
    """What a Jinja2 environment offers: the names of all templates, and each one compiled."""

    def list_templates(self) -> list[str]: ...

    def get_template(self, name: str, /) -> object: ...


def check_templates(templates: TemplateSource) -> list[Finding]:
    """Every template that does not compile, not only the first that a request meets."""
    found = []
    for name in templates.list_templates():
        try:
            templates.get_template(name)
        except SennitError as error:
            found.append(Finding.of(error))
        except Exception as error:
            finding = Finding(
                code="debug.E003",
                what=f"the template {name!r} does not compile: {error}",
                where=f"{getattr(error, 'filename', None) or name}:{getattr(error, 'lineno', None) or 1}",
                fix="mend that line; the page of this code lists the usual slips",
            )
            found.append(finding)
    return found
