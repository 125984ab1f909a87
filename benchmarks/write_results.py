"""Writes benchmarks/RESULTS.md from the newest results of each kind:   make results"""

from bench_sync_client import sync_client_table
from client_table import client_table
from results import HERE, newest
from tables import http_table, memory_table, slowloris_table, soak_table
from websocket_table import websocket_table

KINDS = [
    ("http", "CPU time per request", "make bench-all", http_table),
    ("websocket", "WebSocket", "make bench-websocket", websocket_table),
    ("client", "HTTP client", "make bench-client", client_table),
    ("sync-client", "Synchronous HTTP client", "make bench-client", sync_client_table),
    ("memory", "Idle connections", "make bench-memory", memory_table),
    ("slowloris", "Slow clients", "make slowloris", slowloris_table),
    ("soak", "Mixed traffic for minutes", "make soak", soak_table),
]
HEAD = """# What was measured

Written by `make results` from the newest run of each kind. How to read the tables: `docs/howto/measure-the-server.md`.
Figures are of one machine; ratios travel, microseconds do not.
"""


def main() -> None:
    parts = [HEAD]
    for kind, title, command, table in KINDS:
        record = newest(kind)
        if record is None:
            print(f"nothing was measured yet: {command}")
            continue
        where = f"{record['at']}, {record['machine']}, commit {record['commit'] or 'unknown'}"
        parts.append(f"## {title}\n\n`{command}` · {where}\n\n{table(record)}\n")
    path = HERE / "RESULTS.md"
    path.write_text("\n".join(parts), "utf-8")
    print(f"written: {path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
