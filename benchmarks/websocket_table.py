"""Tables of bench_websocket.py, for the terminal and for Markdown alike."""

import math
from statistics import median

from tables import SENNIT, C, Record, grid, median_of, ratios_of, verdict

PICOWS = "picows"


def websocket_table(record: Record) -> str:
    """How sennit stands by each row, every contender by row, idle connections, the broadcast."""
    twins = "compiled" if record["is_compiled"] else "plain Python twins"
    setting = f"{record['connections']} connections, {record['octets']} octets a message"
    parts = [f"{record['interpreter']}, {twins}; {setting}; {record['rounds']} rounds of {record['seconds']:g} s"]
    if record["rows"]:
        parts += ["Server CPU per message. Ratios are of the same round.", _ours(record)]
        parts += ["All, in µs of CPU per message (times the C echo), and messages/s, medians:", _all(record)]
    if record["idle"]:
        count = f"{record['idle_connections']:,}"
        parts += [f"Bytes of the server's memory for each of {count} idle WebSockets:", _idle(record)]
    if record["broadcast"]:
        peers = f"{record['broadcast']['peers']:,}"
        parts += [f"Broadcast to {peers} peers, each message once it has reached all:", _broadcast(record["broadcast"])]
    return "\n\n".join(parts)


def _ours(record: Record) -> str:
    head = ["row", "C µs", "sennit µs", "times C", "lowest–highest", "aim", ""]
    head += ["times picows' messages", "lowest–highest", "aim", ""]
    return grid(head, [_our_line(row["title"], row) for row in record["rows"]])


def _our_line(title: str, row: Record) -> list[str]:
    costs = row["cpu_us"]
    ratios = ratios_of(costs[SENNIT], costs[C])
    aim = [f"≤ {row['most']:.2f}", verdict(median(ratios), row["most"])] if row["most"] else ["", ""]
    ours = [f"{median(costs[C]):.2f}", f"{median(costs[SENNIT]):.2f}", f"{median(ratios):.2f}", spread(ratios), *aim]
    return [title, *ours, *_against_picows(row)]


def _against_picows(row: Record) -> list[str]:
    times = ratios_of(row["cpu_us"].get(PICOWS, []), row["cpu_us"][SENNIT]) if PICOWS in row["cpu_us"] else []
    if not times:
        return ["not measured", "", "", ""]
    least = row["picows_least"]
    return [f"{median(times):.1f}", spread(times), f"≥ {least:.1f}", at_least(median(times), least)]


def at_least(found: float, aim: float) -> str:
    """The verdict for a figure that is the better the larger it is."""
    return verdict(1 / found, 1 / aim)


def spread(found: list[float]) -> str:
    return f"{min(found):.2f}–{max(found):.2f}"


def _all(record: Record) -> str:
    rows = record["rows"]
    names = [name for name in record["titles"] if name in rows[0]["cpu_us"]]
    names.sort(key=lambda name: median_of(rows[0]["cpu_us"][name]))
    head = ["", *(cell for row in rows for cell in (row["name"], "messages/s"))]
    return grid(
        head, [[record["titles"][name], *(cell for row in rows for cell in _cells(row, name))] for name in names]
    )


def _cells(row: Record, name: str) -> list[str]:
    found = median_of(row["cpu_us"].get(name, []))
    if math.isnan(found):
        return ["–", "–"]
    times = median(ratios_of(row["cpu_us"][name], row["cpu_us"][C]))
    return [f"{found:.2f} ({times:.1f})", f"{median(row['per_s'][name]):,.0f}"]


def _idle(record: Record) -> str:
    lines = []
    for number, each in enumerate(record["idle"]):
        most = record["most_idle_bytes"]
        aim = [f"≤ {most:,}", verdict(max(each["silent"], each["asked"]), most)] if number == 0 else ["", ""]
        lines.append([each["title"], f"{each['silent']:,.0f}", f"{each['asked']:,.0f}", *aim])
    return grid(["", "open, silent", "after a message", "aim", ""], lines)


def _broadcast(found: Record) -> str:
    least, costs = found["least"], found["cpu_us"]
    lines = []
    for name, title in ((C, "C"), (SENNIT, "sennit")):
        rates = [1e6 / cost for cost in costs[name] if cost]
        aim = [f"≥ {least:,}", at_least(median(rates), least)] if name == SENNIT else ["", ""]
        line = [
            title,
            f"{median(rates):,.0f}",
            f"{min(rates):,.0f}–{max(rates):,.0f}",
            f"{median(found['per_s'][name]):,.0f}",
        ]
        lines.append([*line, f"{median(ratios_of(costs[name], costs[C])):.2f}", *aim])
    head = ["", "frames per CPU second", "lowest–highest", "frames/s", "times the CPU of C", "aim", ""]
    return grid(head, lines)
