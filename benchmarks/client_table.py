"""Tables of bench_client.py, for the terminal and for Markdown alike."""

from statistics import median

from tables import SENNIT, Record, grid, median_of, ratios_of, verdict
from websocket_table import at_least, spread

AIOHTTP = "aiohttp"
STEADY = 0.95
"""A rate that is lower by less than the scatter of the runs has not fallen."""


def client_table(record: Record) -> str:
    """Every client by CPU time, sennit from few to many requests at a time, large bodies."""
    twins = "compiled" if record["is_compiled"] else "plain Python twins"
    parts = [f"{record['interpreter']}, {twins}; {record['rounds']} rounds of {record['seconds']:g} s"]
    if record["cpu_us"]:
        parts.append(
            f"CPU of the client (user and system) per request, {record['aimed']} requests at a time, 13 octets each, medians. "
            "Times sennit: of the same round."
        )
        parts.append(_all(record))
    if record["wide"]:
        parts += ["sennit, from few to many requests at a time:", _wide(record["wide"])]
    if record["streamed"]:
        parts += ["Large bodies, and the growth of the client's resident memory:", _streamed(record)]
    return "\n\n".join(parts)


def _all(record: Record) -> str:
    costs = record["cpu_us"]
    names = sorted(costs, key=lambda name: median_of(costs[name]))
    head = ["", "CPU µs", "lowest–highest", "requests/s", "times sennit", "lowest–highest", "aim", ""]
    return grid(head, [_line(record, name) for name in names])


def _line(record: Record, name: str) -> list[str]:
    costs = [cost for cost in record["cpu_us"][name] if cost is not None]
    own = [record["titles"][name], f"{median_of(costs):.1f}", spread(costs), f"{median(record['per_s'][name]):,.0f}"]
    if name == SENNIT:
        return [*own, "", "", "", ""]
    times = ratios_of(record["cpu_us"][name], record["cpu_us"][SENNIT])
    return [*own, f"{median(times):.2f}", spread(times), *_aim(record, name, median(times))]


def _aim(record: Record, name: str, times: float) -> list[str]:
    if name == AIOHTTP:
        least = record["least_times_aiohttp"]
        return [f"≥ {least:.1f}", at_least(times, least)]
    if name in record["compiled"]:
        return ["> 1", "met" if times > 1 else "missed"]
    return ["", ""]


def _wide(rows: list[Record]) -> str:
    lines = []
    for number, row in enumerate(rows):
        rates = row["per_s"]
        line = [f"{row['concurrency']}", f"{median_of(row['cpu_us']):.1f}", f"{median(row['core']):.0%}"]
        rate = [f"{median(rates):,.0f}", f"{min(rates):,}–{max(rates):,}"]
        lines.append([*line, *rate, *_against_fewer(row, rows[:number]), _bare_against_fewer(row, rows[:number])])
    head = ["at a time", "CPU µs", "of its core", "requests/s", "lowest–highest", "times the best of fewer", "aim", ""]
    return grid([*head, "a bare protocol"], lines)


def _against_fewer(row: Record, fewer: list[Record]) -> list[str]:
    """Its rate beside the best rate of all rows with fewer requests at a time, round by round."""
    if not fewer:
        return ["", "", ""]
    times = _times_best(row, fewer, "per_s")
    return [f"{times:.2f}", f"≥ {STEADY}", "met" if times >= STEADY else "missed"]


def _bare_against_fewer(row: Record, fewer: list[Record]) -> str:
    """The same of no client at all: what more connections cost on this machine, whatever uses them."""
    return f"{_times_best(row, fewer, 'bare_per_s'):.2f}" if fewer and row.get("bare_per_s") else ""


def _times_best(row: Record, fewer: list[Record], rates: str) -> float:
    best = max(fewer, key=lambda each: median(each[rates]))
    return median(ratios_of(row[rates], best[rates]))


def _streamed(record: Record) -> str:
    lines, most = [], record["most_stream_bytes"]
    for each in record["streamed"]:
        size = each["octets"] / 2**30
        is_ours = each["who"] == record["titles"][SENNIT]
        aim = [f"≤ {most / 2**20:.0f} MiB", verdict(each["grown"], most)] if is_ours else ["", ""]
        figures = [f"{each['cpu_s'] / size:.2f}", f"{each['octets'] / 2**20 / each['wall_s']:,.0f}"]
        lines.append([f"{each['who']}, {size:g} GiB {each['way']}", *figures, f"{each['grown'] / 2**20:.1f} MiB", *aim])
    return grid(["", "CPU s per GiB", "MiB/s", "memory grown by", "aim", ""], lines)
