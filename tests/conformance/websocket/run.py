"""Every case of Autobahn|Testsuite against the server and against the client: `make autobahn`. A line for each section.

`make autobahn ARGS="1 2 9.1.1 --side client --loop uvloop --twin plain"` plays a part of them; `--table FILE` writes what was
played as the table of docs/explanation/websocket-conformance.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.websocket.cases import EVERY_CASE, IN_ONE_BREATH, UNDEFINED, faults
from conformance.websocket.fuzzing import AT_ONE_TIME, BUSY_AT_ONE_TIME, play_against_client, play_against_server
from conformance.websocket.processes import EchoClient, EchoServer
from plain_source import SOURCE, plain_source

LONGEST_S = 3600
BUSY = ("9-limits", "12-deflate", "13-deflate-parameters")
SIDES, LOOPS, TWINS = ("server", "client"), ("asyncio", "uvloop"), ("compiled", "plain")


@dataclass(frozen=True)
class Row:
    """How one section went with one kind of process."""

    kind: str
    section: str
    verdicts: Counter[str]
    wrong: int


def chosen(parts: Sequence[str]) -> dict[str, list[str]]:
    """The sections of which a number (`9`), a name (`9-limits`) or a case (`9.1.1`, `9.1.*`) is given; all where none is."""
    if not parts:
        return EVERY_CASE
    of_section: dict[str, list[str]] = {}
    for part in parts:
        number = part.partition("-")[0].partition(".")[0]
        section = next((name for name in EVERY_CASE if name.partition("-")[0] == number), None)
        if section is None:
            raise SystemExit(f"no section {part!r}; there are {', '.join(EVERY_CASE)}")
        of_section.setdefault(section, []).extend([part] if "." in part else EVERY_CASE[section])
    return of_section


async def play(side: str, url_or_client: Any, section: str, cases: list[str]) -> list[Any]:
    at_one_time = BUSY_AT_ONE_TIME if section in BUSY else AT_ONE_TIME
    if side == "server":
        return await play_against_server(url_or_client, cases, at_one_time=at_one_time, timeout_s=LONGEST_S)
    return await play_against_client(url_or_client, cases, at_one_time=at_one_time, timeout_s=LONGEST_S)


async def play_all(side: str, played: Any, kind: str, sections: Mapping[str, list[str]]) -> list[Row]:
    rows = []
    for section, cases in sections.items():
        began = time.monotonic()
        results = await play(side, played, section, cases)
        complaints = faults(results, UNDEFINED if side == "server" else IN_ONE_BREATH)
        verdicts = Counter(result.behavior.value for result in results)
        rows.append(Row(kind, section, verdicts, len(complaints) + (not results)))
        print(
            f"{kind:<25}{section:<24}{len(results):>4} cases  {rows[-1].wrong} wrong  {time.monotonic() - began:6.1f} s",
            *(f"\n    {complaint}" for complaint in complaints),
            flush=True,
        )
    return rows


async def play_kind(side: str, twin: str, loop: str, sections: Mapping[str, list[str]], plain: Path) -> list[Row]:
    kind, source = f"{side}, {twin}, {loop}", SOURCE if twin == "compiled" else plain
    if side == "server":
        with EchoServer(source, loop) as server:
            return await play_all(side, f"{server.url}/echo", kind, sections)
    with EchoClient(source, loop) as client:
        return await play_all(side, client.play, kind, sections)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each section, a column for each kind: how many were played and how many of them were not plainly OK."""
    kinds = list(dict.fromkeys(row.kind for row in rows))
    yield "| section | " + " | ".join(kinds) + " |"
    yield "|---|" + "---:|" * len(kinds)
    for section in dict.fromkeys(row.section for row in rows):
        cells = {row.kind: _cell(row) for row in rows if row.section == section}
        yield f"| {section} | " + " | ".join(cells.get(kind, "") for kind in kinds) + " |"


def _cell(row: Row) -> str:
    names = {"OK": "OK", "NON-STRICT": "non-strict", "INFORMATIONAL": "informational"}
    return ", ".join(
        f"{count} {names.get(verdict, verdict)}" for verdict, count in sorted(row.verdicts.items(), reverse=True)
    )


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help="1 … 13, or a case such as 9.1.1 or 9.1.*; all of them"
    )
    parser.add_argument("--side", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--loop", nargs="+", choices=LOOPS, default=LOOPS)
    parser.add_argument("--twin", nargs="+", choices=TWINS, default=("compiled",))
    parser.add_argument("--table", type=Path, metavar="FILE")
    options = parser.parse_intermixed_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        plain = plain_source(Path(place)) if "plain" in options.twin else SOURCE
        for side in options.side:
            for twin in options.twin:
                for loop in options.loop:
                    rows += await play_kind(side, twin, loop, chosen(options.sections), plain)
    if options.table:
        options.table.write_text("\n".join(table(rows)) + "\n")
    wrong = sum(row.wrong for row in rows)
    print(f"{sum(row.verdicts.total() for row in rows)} cases played, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
