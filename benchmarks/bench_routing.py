"""What finding a route costs, in nanoseconds: `python benchmarks/bench_routing.py`."""

import sys
import timeit
from dataclasses import dataclass

from sennit.web.path import PathPattern, parse_path
from sennit.web.routing import RouteTable

ROUNDS, CALLS = 7, 100_000


@dataclass(eq=False)
class Entry:
    """As much of a route as the table looks at."""

    pattern: PathPattern
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    where: str = ""
    place: str = ""


def table(*paths: str) -> RouteTable:
    return RouteTable(Entry(parse_path(path, "")) for path in paths)


FEW = table("/", "/greet/{name}", "/items/{n:int}", "/a/{w}/b/{x}/c/{y}/d/{z}", "/files/{p:path}", "/about")
MANY = table(
    *(f"/s{i}/x{i}/list" for i in range(400)),
    *(f"/s{i}/{{a}}/edit{i}" for i in range(300)),
    *(f"/t{i}/{{a:int}}/{{b}}" for i in range(300)),
)
CASES = [
    ("static", FEW, "/"),
    ("one parameter", FEW, "/greet/world"),
    ("one int", FEW, "/items/17"),
    ("four parameters", FEW, "/a/1/b/2/c/3/d/4"),
    ("a rest of three parts", FEW, "/files/a/b/c"),
    ("one encoded parameter", FEW, "/greet/w%20x"),
    ("nothing there", FEW, "/nope/x"),
    ("1 000 routes: static", MANY, "/s77/x77/list"),
    ("1 000 routes: one parameter", MANY, "/s77/zz/edit77"),
    ("1 000 routes: two parameters", MANY, "/t299/12/xx"),
]


def main() -> None:
    print(f"{sys.version.split()[0]}, the best of {ROUNDS} rounds of {CALLS} calls")
    empty = best(lambda: None)
    for name, routes, path in CASES:
        print(f"{name:32}{best(lambda r=routes, p=path: r.find(p)) - empty:8.0f} ns")  # type: ignore[misc]


def best(call) -> float:  # type: ignore[no-untyped-def]
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e9


if __name__ == "__main__":
    main()
