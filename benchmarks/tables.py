"""Tables of what was measured, for the terminal and for Markdown alike."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

Record = dict[str, Any]
Costs = Sequence[float | None]

C, SENNIT = "c", "sennit"
WIDELY_MET = 1.15
"""A row counts as met up to so many times its aim, if a profile shows where the rest goes."""


def http_table(record: Record) -> str:
    """How sennit stands by each row, then every contender by row."""
    twins = "compiled" if record["is_compiled"] else "plain Python twins"
    parts = [
        f"{record['interpreter']}, {twins}; {record['rounds']} rounds of {record['seconds']:g} s",
        "Server CPU per request. Ratio: CPU of sennit / CPU of the C responder in the same round.",
        grid(["row", "C µs", "sennit µs", "ratio", "lowest–highest", "aim", "", "requests/s", "peers"], _ours(record)),
        "All, in µs of CPU per request (times the C responder), medians:",
        grid(["", *(row["name"] for row in record["rows"])], _all(record)),
    ]
    return "\n\n".join(parts)


def _ours(record: Record) -> list[list[str]]:
    lines = []
    for row in record["rows"]:
        costs = row["cpu_us"]
        ratios = ratios_of(costs[SENNIT], costs[C])
        ratio = median(ratios)
        best = quickest_peer(row)
        lines.append(
            [
                row["title"],
                f"{median(costs[C]):.2f}",
                f"{median(costs[SENNIT]):.2f}",
                f"{ratio:.2f}",
                f"{min(ratios):.2f}–{max(ratios):.2f}",
                f"≤ {row['most']:.2f}",
                verdict(ratio, row["most"]),
                f"{median(row['per_s'][SENNIT]):,.0f}",
                _against(row, best, record["titles"]),
            ]
        )
    return lines


def _against(row: Record, best: str | None, titles: dict[str, str]) -> str:
    """How many times the requests per CPU second of the quickest of the peers that were measured beside."""
    if best is None:
        return ""
    times = median(ratios_of(row["cpu_us"][best], row["cpu_us"][SENNIT]))
    aim = f" (aim {row['peers_least']:.1f})" if row["peers_least"] else ""
    return f"{times:.1f} × {titles[best]}{aim}"


def quickest_peer(row: Record) -> str | None:
    """Of granian, uvicorn and blacksheep: the aim names them."""
    named = ("granian-rsgi", "granian-asgi", "uvicorn", "blacksheep")
    costs = {name: median_of(row["cpu_us"][name]) for name in named if name in row["cpu_us"]}
    costs = {name: cost for name, cost in costs.items() if not math.isnan(cost)}
    return min(costs, key=lambda name: costs[name]) if costs else None


def _all(record: Record) -> list[list[str]]:
    def cost(name: str) -> float:
        return median_of(record["rows"][0]["cpu_us"].get(name, []))

    names = sorted(record["titles"], key=lambda name: (math.isnan(cost(name)), cost(name)))
    return [[record["titles"][name], *(_cell(row, name) for row in record["rows"])] for name in names]


def _cell(row: Record, name: str) -> str:
    found = median_of(row["cpu_us"].get(name, []))
    if math.isnan(found):
        return "–"
    return f"{found:.1f} ({median_of(ratios_of(row['cpu_us'][name], row['cpu_us'][C])):.1f})"


def ratios_of(ours: Costs, base: Costs) -> list[float]:
    """Of the same rounds; rounds that failed are left out."""
    return [a / b for a, b in zip(ours, base, strict=True) if a is not None and b is not None]


def median_of(found: Costs) -> float:
    """Of the rounds that did not fail; not a number when all did."""
    known = [each for each in found if each is not None]
    return median(known) if known else math.nan


def verdict(found: float, aim: float) -> str:
    return "met" if found <= aim else "met within 15 %" if found <= aim * WIDELY_MET else "missed"


def grid(head: list[str], lines: list[list[str]]) -> str:
    """A Markdown table that is aligned enough to be read in a terminal."""
    rows = [head, *lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    rule = ["-" * max(3, width) for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in [head, rule, *lines]
    )


def memory_table(record: Record) -> str:
    head = ["", "started", "open, silent", "after a request", "second wave", "kept when closed", "aim", ""]
    lines = [_memory_line(each, record["most"], number == 0) for number, each in enumerate(record["servers"])]
    first = (
        f"{record['interpreter']}; {record['connections']:,} idle connections; bytes of the server's memory for each"
    )
    return f"{first}\n\n{grid(head, lines)}"


def _memory_line(found: Record, most: float, is_ours: bool) -> list[str]:
    worst = max(found["silent"], found["asked"])
    per_connection = [f"{found[name]:,.0f}" for name in ("silent", "asked", "second", "kept")]
    aim = [f"≤ {most:,}", verdict(worst, most)] if is_ours else ["", ""]
    return [found["title"], f"{found['base'] / 2**20:,.0f} MiB", *per_connection, *aim]


def soak_table(record: Record) -> str:
    visits = sum(record["visits"].values())
    first = f"{record['interpreter']}; {record['minutes']:g} minutes, {record['visitors']} visitors, {visits:,} visits"
    lines = [
        [line["what"], f"{line['allowed']:,}", f"{line['found']:,}", "ok" if line["ok"] else "NOT OK"]
        for line in record["judged"]
    ]
    return f"{first}\n\n{grid(['', 'allowed', 'found', ''], lines)}"


def slowloris_table(record: Record) -> str:
    first = (
        f"{record['interpreter']}; {record['slow']:,} slow connections; {record['clients']} others ask "
        f"{record['per_s']} times a second; medians of {len(record['quiet'])} windows of {record['seconds']:g} s"
    )
    quiet, attacked = (_typical(record[name]) for name in ("quiet", "attacked"))
    times = attacked["p99_ms"] / quiet["p99_ms"]
    lines = [
        [name, *(f"{found[key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms")), f"{found['cpu']:.0%}"]
        for name, found in (("quiet", quiet), ("attacked", attacked))
    ]
    table = grid(["", "p50 ms", "p99 ms", "longest ms", "server's core"], lines)
    return (
        f"{first}\n\n{table}\n\np99 during the attack: {times:.2f} times that of quiet windows (aim < {record['most']:g}): "
        + ("met" if times < record["most"] else "missed")
    )


def _typical(windows: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in windows) for name in windows[0]}
