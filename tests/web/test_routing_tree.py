"""The tree finds what a matcher finds that tries every route and knows nothing but the documented precedence."""

import random
import time
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import pytest

from sennit.errors import BadRequest
from sennit.web.converter import CONVERTERS, own_converter
from sennit.web.path import PathPattern, parse_path
from sennit.web.routing import ANY, RouteTable


@dataclass(eq=False)
class Entry:
    """As much of a route as the table looks at."""

    pattern: PathPattern
    methods: frozenset[str] = frozenset({"GET"})
    where: str = "here"
    place: str = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.pattern.text


def table(*paths: str, mounts: tuple[str, ...] = ()) -> RouteTable:
    entries = [Entry(parse_path(path, "")) for path in paths]
    for path in mounts:
        pattern = parse_path(path, "") if path else PathPattern("", ())
        entries.append(Entry(PathPattern(pattern.text, pattern.segments, is_mount=True), frozenset({ANY})))
    return RouteTable(entries)


def found(routes: RouteTable, raw_path: str) -> tuple[str, dict[str, str]] | None:
    hit = routes.find(raw_path)
    return (next(iter(hit[0].values())).place, dict(hit[1])) if hit else None


# ── the oracle ──────────────────────────────────────────────────────────────

MOUNT = (9, 0)


def rank_of(segment) -> tuple[int, int]:
    return (1, segment.meaning.rank) if segment.name else (0, 0)


def linear_match(pattern: PathPattern, raw_path: str) -> tuple[list[tuple[int, int]], list[str]] | None:
    """How narrow each segment of a pattern is that matches, and the parameters."""
    parts = [unquote(part) for part in raw_path.split("/")[1:]]
    ranks: list[tuple[int, int]] = []
    values: list[str] = []
    for index, segment in enumerate(pattern.segments):
        if index >= len(parts):
            return None
        if segment.meaning is CONVERTERS["path"] and segment.name:
            rest = "/".join(parts[index:])
            if not parts[index] or rest.startswith("/"):
                return None
            return [*ranks, rank_of(segment)], [*values, rest]
        if not (segment.meaning.fits(parts[index]) if segment.name else parts[index] == segment.literal):
            return None
        ranks.append(rank_of(segment))
        if segment.name:
            values.append(parts[index])
    if pattern.is_mount:
        return ([*ranks, MOUNT], values) if len(parts) > len(pattern.segments) else None
    return (ranks, values) if len(parts) == len(pattern.segments) else None


def expected(entries: list[Entry], raw_path: str) -> list[tuple[str, dict[str, str]]]:
    hits = [(match, entry) for entry in entries if (match := linear_match(entry.pattern, raw_path)) is not None]
    hits.sort(key=lambda hit: hit[0][0])
    return [(e.place, dict(zip(e.pattern.names, values, strict=True))) for (_, values), e in hits]


PARTS = ["a", "b", "7", "1.5", "2026-02-28", "0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac", "x-y", "é", "a b", "", "a/b", "-3"]
KINDS = ["", ":int", ":float", ":slug", ":uuid", ":date", ":str"]


def random_pattern(chance: random.Random) -> PathPattern:
    parts = []
    for index in range(chance.randint(1, 4)):
        literal = chance.choice(["a", "b", "7", "é", "a b"])
        parts.append(chance.choice([literal, f"{{p{index}{chance.choice(KINDS)}}}"]))
    ending = chance.random()
    if ending < 0.15:
        parts.append("{rest:path}")
    elif ending < 0.3:
        parts.append("")
    pattern = parse_path("/" + "/".join(parts), "")
    is_mount = ending > 0.9
    return PathPattern(pattern.text + "/…" * is_mount, pattern.segments, is_mount)


def random_path(chance: random.Random) -> str:
    safe = chance.choice(["", "-", "ab"])
    return "".join(f"/{quote(chance.choice(PARTS), safe=safe)}" for _ in range(chance.randint(1, 5)))


@pytest.mark.parametrize("seed", range(40))
def test_the_tree_finds_what_trying_every_route_finds(seed):
    chance = random.Random(seed)
    for _ in range(5):
        by_shape = {}
        for _ in range(chance.randint(1, 14)):
            pattern = random_pattern(chance)
            shape = tuple((s.literal, s.meaning.name if s.name else "") for s in pattern.segments), pattern.is_mount
            by_shape.setdefault(shape, Entry(pattern))
        entries = list(by_shape.values())
        chance.shuffle(entries)
        routes = RouteTable(entries)
        assert routes.mistakes == []
        for _ in range(60):
            raw_path = random_path(chance)
            wanted = expected(entries, raw_path)
            assert found(routes, raw_path) == (wanted[0] if wanted else None), raw_path
            all_found = [(next(iter(m.values())).place, dict(p)) for m, p in routes.matches(raw_path)]
            assert all_found == wanted, raw_path


class TestEncodedPaths:
    def test_an_encoded_slash_never_makes_two_segments_of_one(self):
        routes = table("/a/b", "/{one}", "/x/{two}/c")
        assert found(routes, "/a%2Fb") == ("/{one}", {"one": "a/b"})
        assert found(routes, "/a%2fb") == ("/{one}", {"one": "a/b"})
        assert found(routes, "/x/p%2Fq/c") == ("/x/{two}/c", {"two": "p/q"})
        assert found(table("/a/b"), "/a%2Fb") is None

    def test_any_encoding_of_a_literal_finds_it(self):
        routes = table("/über uns/a")
        for path in ("/%C3%BCber%20uns/a", "/%c3%bcber%20uns/a", "/%C3%BCber%20uns/%61"):
            assert found(routes, path) == ("/über uns/a", {})

    def test_decoding_is_done_once(self):
        assert found(table("/a", "/{x}"), "/%2561") == ("/{x}", {"x": "%61"})

    def test_what_is_no_utf_8_is_a_bad_request(self):
        with pytest.raises(BadRequest):
            table("/{x}").find("/%ff")

    def test_a_nul_is_found_nowhere(self):
        assert found(table("/{x}", "/f/{p:path}", mounts=("/m",)), "/a%00b") is None

    def test_the_rest_of_a_path_never_starts_with_a_slash(self):
        """A program that joins it to a folder must not be led to the root of the file system."""
        routes = table("/files/{rest:path}")
        assert found(routes, "/files//etc/passwd") is None
        assert found(routes, "/files/%2Fetc/passwd") is None
        assert found(routes, "/files/a//b") == ("/files/{rest:path}", {"rest": "a//b"})

    def test_no_parameter_is_empty(self):
        routes = table("/a/{x}", "/f/{p:path}", "/{x}/b")
        assert [found(routes, path) for path in ("/a/", "/f/", "//b", "/", "*", "")] == [None] * 6


class TestMounts:
    def test_routes_below_a_mount_come_first_and_everything_else_is_its_own(self):
        routes = table("/shop/about", "/shop/{page}/edit", mounts=("/shop",))
        assert found(routes, "/shop/about") == ("/shop/about", {})
        assert found(routes, "/shop/x/edit") == ("/shop/{page}/edit", {"page": "x"})
        for path in ("/shop/", "/shop/x", "/shop/x/y/z", "/shop//", "/shop/%2F"):
            assert found(routes, path) == ("/shop", {})
        assert [found(routes, path) for path in ("/shop", "/shopping", "/SHOP/", "/")] == [None] * 4

    def test_the_longest_mount_wins_and_an_empty_one_takes_the_rest(self):
        routes = table(mounts=("", "/a", "/a/b"))
        assert [found(routes, path)[0] for path in ("/a/b/c", "/a/c", "/c", "/")] == ["/a/b", "/a", "", ""]

    def test_a_mount_may_have_parameters_before_it(self):
        assert found(table("/x", mounts=("/{team}/wiki",)), "/red/wiki/a") == ("/{team}/wiki", {"team": "red"})


class TestSteps:  # R40
    def test_r40_no_path_makes_the_search_try_a_place_twice(self):
        """Every node of the tree is looked at once at most: twice the routes, at most twice the steps; never two to the depth."""

        def steps(depth: int) -> int:
            looked: list[str] = []

            def accepts(text: str) -> bool:
                looked.append(text)
                return True

            kind = CONVERTERS["int"]
            counting = type(kind)("count", kind.rank, accepts)
            entries = []
            for at in range(depth):
                text = "/" + "/".join(["a"] * at + [f"{{p{at}}}"] + ["a"] * (depth - at - 1)) + "/end"
                pattern = parse_path(text, "")
                segments = tuple(
                    type(s)(s.literal, s.name, s.kind, counting) if s.name else s for s in pattern.segments
                )
                entries.append(Entry(PathPattern(text, segments)))
            assert RouteTable(entries).find("/a" * depth + "/not") is None
            return len(looked)

        assert steps(40) <= 40
        assert steps(20) <= 20

    def test_r40_a_long_hostile_path_takes_time_in_proportion(self):
        routes = table("/{a}/x/{b}/x/{c}/x", "/x/{a}/x/{b}/x/{c}", "/{a:int}/{b}/{c:path}", "/{a:slug}/x/{rest:path}")
        began = time.process_time()
        for path in ("/x" * 8000, "/" * 16_000, "/%41" * 4000, "/1" * 8000, "/" + "a" * 16_000):
            routes.find(path)
            list(routes.matches(path))
        assert time.process_time() - began < 2

    def test_the_depth_of_a_search_is_that_of_the_patterns(self):
        assert found(table("/{a}/{b:path}", "/{a:int}/x"), "/1" + "/y" * 5000)[0] == "/{a}/{b:path}"


def test_a_route_of_a_narrower_converter_is_found_first_whatever_the_order():
    paths = ["/{x:path}", "/{x}", "/{x:slug}", "/{x:float}", "/{x:int}", "/{x:date}", "/{x:uuid}", "/word"]
    asked = ["/a/b", "/a b", "/a-b", "/1.5", "/15", "/2026-02-28", "/0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac", "/word"]
    for order in (paths, paths[::-1]):
        routes = table(*order)
        assert [found(routes, quote(path, safe="/"))[0] for path in asked] == paths


def test_converters_of_ones_own_come_first_in_the_order_of_their_definition():
    year, any_number = own_converter("year", "[12][0-9]{3}"), own_converter("digits", "[0-9]+")
    known = {"year": year, "digits": any_number}
    entries = [Entry(parse_path(f"/{{x:{kind}}}", "").with_converters(known, "")) for kind in ("year", "digits", "int")]
    routes = RouteTable(entries)
    assert [found(routes, path)[0] for path in ("/1984", "/3000", "/-1")] == ["/{x:year}", "/{x:digits}", "/{x:int}"]
