"""Tables of bench_model.py, for the terminal and for Markdown alike."""

from statistics import median

from tables import SENNIT, Record, grid, median_of, ratios_of, verdict

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
AIMS = {
    ("postgresql", "get"): ("driver-postgresql", 1.5),
    ("postgresql", "list"): ("driver-postgresql", 1.5),
    ("postgresql", "many"): ("driver-postgresql", 1.5),
    ("sqlite", "insert"): ("sqlalchemy", 1.0),
    ("sqlite", "update"): ("sqlalchemy", 1.0),
    ("postgresql", "insert"): ("sqlalchemy", 1.0),
    ("postgresql", "update"): ("sqlalchemy", 1.0),
}
"""At most so many times the CPU of another layer."""
MOST_US = {("sqlite", "get"): 35.0}
AHEAD_OF = ("tortoise", "piccolo", "django")


def model_table(record: Record) -> str:
    """For each engine how sennit stands to its aims, then every layer by operation."""
    twins = "compiled" if record["is_compiled"] else "plain Python twins"
    parts = [
        f"{record['interpreter']}, {twins}; {record['rounds']} rounds of {record['seconds']:g} s",
        "CPU of the program (user and system) per operation, medians. Ratios are of the same round.",
    ]
    for engine in record["engines"]:
        parts += [f"{ENGINES[engine]}:", _ours(record, engine), _all(record, engine)]
    return "\n\n".join(parts)


def _ours(record: Record, engine: str) -> str:
    lines = []
    for operation, costs in record["engines"][engine].items():
        own = [record["operations"][operation], f"{median_of(costs[SENNIT]):.1f}"]
        lines.append([*own, *_aim(engine, operation, costs, record["titles"]), *_ahead(costs)])
    return grid(["operation", "sennit µs", "beside", "aim", "", "ahead of Tortoise, Piccolo, Django"], lines)


def _aim(engine: str, operation: str, costs: Record, titles: Record) -> list[str]:
    most_us = MOST_US.get((engine, operation))
    if most_us is not None:
        return ["", f"≤ {most_us:g} µs", verdict(median_of(costs[SENNIT]), most_us)]
    other, most = AIMS.get((engine, operation), ("", 0.0))
    if other not in costs:
        return ["", "", ""]
    times = median(ratios_of(costs[SENNIT], costs[other]))
    return [f"{times:.2f} × {titles[other]}", f"≤ {most:g}", verdict(times, most)]


def _ahead(costs: Record) -> list[str]:
    behind = [name for name in AHEAD_OF if name in costs and median_of(costs[name]) <= median_of(costs[SENNIT])]
    return ["behind " + ", ".join(behind) if behind else "yes"]


def _all(record: Record, engine: str) -> str:
    operations = record["engines"][engine]
    names = sorted({name for costs in operations.values() for name in costs}, key=lambda name: _first(operations, name))
    head = ["", *(f"{record['operations'][each]}, µs (per s)" for each in operations)]
    return grid(head, [[record["titles"][name], *_figures(record, engine, name)] for name in names])


def _first(operations: Record, name: str) -> float:
    return median_of(next(iter(operations.values()))[name])


def _figures(record: Record, engine: str, name: str) -> list[str]:
    rates = record["per_s"][engine]
    return [
        f"{median_of(costs[name]):.1f} ({median(rates[operation][name]):,.0f})"
        for operation, costs in record["engines"][engine].items()
    ]
