"""Autobahn|Testsuite's cases: which are played when, and what counts as passed.

The cases themselves are Autobahn's own files, as kosoku carries them; `make autobahn` plays all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SECTIONS = {
    "1-framing": ["1.*"],
    "2-pings": ["2.*"],
    "3-reserved-bits": ["3.*"],
    "4-opcodes": ["4.*"],
    "5-fragmentation": ["5.*"],
    "6-utf8": ["6.*"],
    "7-close": ["7.*"],
    "9-limits": ["9.1.1", "9.2.1", "9.3.8", "9.4.8", "9.5.4", "9.6.4", "9.7.1", "9.8.1"],
    "10-auto-fragmentation": ["10.*"],
    "12-deflate": ["12.1.1", "12.2.2", "12.3.3", "12.4.1", "12.5.11"],
    "13-deflate-parameters": ["13.1.1", "13.2.2", "13.3.1", "13.4.1", "13.5.1", "13.6.1", "13.7.3"],
}
"""What `make test` plays: all that is quick, and of the sizes in 9, 12 and 13 some of each kind."""

EVERY_CASE = {
    **SECTIONS,
    "9-limits": ["9.*"],
    "12-deflate": ["12.*"],
    "13-deflate-parameters": ["13.*"],
}

Allowed = Mapping[str, Sequence[str]]
"""Verdicts that a case may have; where it is not named it must be OK, and not NON-STRICT."""

UNDEFINED: Allowed = {"7.1.6": ["INFORMATIONAL"], "7.13.1": ["INFORMATIONAL"], "7.13.2": ["INFORMATIONAL"]}
"""Autobahn expects nothing of these but an end of the connection."""

IN_ONE_BREATH: Allowed = {
    **UNDEFINED,
    **dict.fromkeys(
        ("3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15"), ("OK", "NON-STRICT")
    ),
}
"""A good message with a forbidden frame behind it. Where both come with the answer to the handshake the connection has failed
(RFC 6455 §7.1.7) before a client's program, which still waits for its WebSocket, can answer the message."""


def faults(results: Iterable[Any], allowed: Allowed = UNDEFINED) -> list[str]:
    """One line for each case that is not as it has to be."""
    return [_line(result) for result in results if not is_right(result, allowed)]


def is_right(result: Any, allowed: Allowed = UNDEFINED) -> bool:
    closed = result.behavior_close.value in ("OK", "INFORMATIONAL")
    return bool(closed and result.behavior.value in allowed.get(result.case_id, ("OK",)))


def _line(result: Any) -> str:
    verdict = f"{result.behavior.value}/{result.behavior_close.value}"
    said = f"{result.result} {result.result_close}"
    heard = f"peer's close {result.remote_close_code} {result.remote_close_reason!r}"
    return f"{result.case_id} {verdict}: {said} ({heard}) Expected: {' '.join(result.expectation.split())[:200]}"
