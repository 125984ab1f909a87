"""`{name:converter}`: which texts pass, what handlers get, how URLs are made of values."""

import datetime
import enum
import time
import uuid
from decimal import Decimal
from typing import Literal

import pytest

from sennit.errors import SennitError
from sennit.web import Router
from sennit.web.converter import CONVERTERS, own_converter
from sennit.web.linear_pattern import objection_to

from .conftest import SiteClient


class Language(enum.Enum):
    GERMAN = "de"
    FRENCH = "fr"


@pytest.mark.parametrize(
    ("kind", "fitting", "unfit"),
    [
        ("int", ["0", "-7", "007", "9" * 18], ["", "+1", "1.0", " 1", "1 ", "1_0", "9" * 19, "--1", "\u0661", "1e3"]),
        ("float", ["0", "-1.5", "3.14"], ["", ".5", "1.", "1e9", "nan", "inf", "1.5.2", "1,5"]),
        (
            "uuid",
            ["0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac", "0B9FF432-5FD0-4D33-B2AB-0B6ED1E3A6AC"],
            ["", "0b9ff4325fd04d33b2ab0b6ed1e3a6ac", "{0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac}", "0b9ff432-5fd0-4d33"],
        ),
        ("date", ["2026-02-28", "2024-02-29"], ["", "2026-02-29", "2026-2-28", "20260228", "2026-W09-6", "0000-01-01"]),
        ("slug", ["a", "A-b_c", "2026"], ["", "a b", "a.b", "é", "a/b"]),
        ("str", ["a", "a/b", "é", " "], [""]),
        ("path", ["a", "a/b"], [""]),
    ],
)
def test_what_fits(kind, fitting, unfit):
    converter = CONVERTERS[kind]
    assert [text for text in fitting if not converter.fits(text)] == []
    assert [text for text in unfit if converter.fits(text)] == []
    assert converter.fits(converter.sample)


class TestValues:
    async def test_the_annotation_says_what_the_handler_gets(self, router, ask):
        @router.get("/i/{value:int}")
        async def whole(value: int):
            return repr(value)

        @router.get("/d/{value:date}")
        async def day(value: datetime.date):
            return repr(value)

        @router.get("/u/{value}")
        async def key(value: uuid.UUID):
            return repr(value)

        @router.get("/l/{value}")
        async def language(value: Language):
            return repr(value)

        @router.get("/o/{value}")
        async def word(value: Literal["on", "off"]):
            return repr(value)

        asked = ["/i/7", "/d/2026-02-28", "/u/0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac", "/l/de", "/o/on"]
        assert [(await ask("GET", path)).text for path in asked] == [
            "7",
            "datetime.date(2026, 2, 28)",
            "UUID('0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac')",
            "<Language.GERMAN: 'de'>",
            "'on'",
        ]
        wrong = ["/i/x", "/d/2026-02-30", "/u/7", "/l/en", "/o/ON", "/i/" + "9" * 19]
        assert {(await ask("GET", path)).status for path in wrong} == {404}

    async def test_a_converter_of_ones_own_from_a_pattern(self, router, ask):
        router.converter("hex", "[0-9a-f]{1,8}", parse=lambda text: int(text, 16), to_text=lambda number: f"{number:x}")

        @router.get("/colours/{colour:hex}")
        async def show(colour: int):
            return str(colour)

        assert (await ask("GET", "/colours/ff")).text == "255"
        assert (await ask("GET", "/colours/xyz")).status == 404
        assert SiteClient(router).site.url_for(show, colour=255) == "/colours/ff"

    async def test_what_parse_refuses_is_not_found(self, router, ask):
        router.converter("even", "[0-9]{1,4}", parse=lambda text: {0: int(text)}.get(int(text) % 2) or int("none"))

        @router.get("/{n:even}")
        async def show(n: int):
            return str(n)

        assert [(await ask("GET", path)).status for path in ("/4", "/5")] == [200, 404]

    async def test_an_enum_as_converter_leaves_other_words_to_other_routes(self, router, ask):
        router.converter("language", Language)

        @router.get("/{language:language}")
        async def front(language: Language):
            return f"front page {language.name}"

        @router.get("/{section}")
        async def section(section: str):
            return f"section {section}"

        assert [(await ask("GET", path)).text for path in ("/de", "/sport")] == ["front page GERMAN", "section sport"]

    async def test_a_converter_serves_routers_below_and_may_be_defined_after_the_routes(self, router, ask):
        inner = Router("/in")

        @inner.get("/{year:year}")
        async def show(year: int):
            return str(year)

        router.include(inner)
        router.converter("year", "[12][0-9]{3}")
        assert [(await ask("GET", path)).status for path in ("/in/1984", "/in/84")] == [200, 404]


class TestSlowPatterns:
    """R40: a regular expression in a route cannot be made slow by a request."""

    @pytest.mark.parametrize(
        "pattern",
        [
            "(a+)+",
            "(a|aa)+b",
            "(a*)*",
            "(a?){30}a{30}",
            "(x+x+)+y",
            r"(\w+)\1",
            "(?=a+)a",
            "a*a*a*a*a*a*b",
            "(ab?){2,9}",
        ],
    )
    def test_r40_patterns_that_could_be_slow_are_refused(self, pattern):
        assert objection_to(pattern)
        with pytest.raises(SennitError) as caught:
            own_converter("mine", pattern)
        assert caught.value.code == "route.E010"

    @pytest.mark.parametrize(
        "pattern",
        ["[12][0-9]{3}", r"[a-z]+-\d+", r"\d{4}-\d{2}-\d{2}", r"v\d+\.\d+\.\d+", "de|fr|it", "(?:a|b)c+", "a?b?c"],
    )
    def test_ordinary_patterns_are_not(self, pattern):
        assert objection_to(pattern) == ""

    @pytest.mark.parametrize("pattern", [r"\d+\d+\d+x", "[ab]*[ab]*[ab]*c", ".*.*x"])
    def test_r40_the_worst_that_is_allowed_is_quick(self, pattern):
        converter = own_converter("mine", pattern)
        began = time.process_time()
        for text in ("1" * 200, "ab" * 100, "a" * 10_000_000):
            assert not converter.fits(text)
        assert time.process_time() - began < 1

    def test_a_broken_pattern_and_a_taken_name_are_refused(self):
        for name, pattern in (("mine", "[a"), ("int", "x"), ("My", "x"), ("", "x")):
            with pytest.raises(SennitError) as caught:
                own_converter(name, pattern)
            assert caught.value.code == "route.E010"


class TestAddresses:
    @pytest.mark.parametrize(
        ("path", "value", "url"),
        [
            ("/{x}", "a b/c?d#e%", "/a%20b%2Fc%3Fd%23e%25"),
            ("/{x}", "é", "/%C3%A9"),
            ("/{x}", Language.GERMAN, "/de"),
            ("/{x}", True, "/true"),
            ("/{x:int}", 7, "/7"),
            ("/{x:int}", "7", "/7"),
            ("/{x:float}", Decimal("1.50"), "/1.50"),
            ("/{x:float}", 1e-7, "/0.0000001"),
            ("/{x:date}", datetime.date(2026, 2, 28), "/2026-02-28"),
            ("/{x:uuid}", uuid.UUID(int=1), "/00000000-0000-0000-0000-000000000001"),
            ("/{x:path}", "a/b c", "/a/b%20c"),
            ("/{x}", "..", None),
            ("/{x}", ".", None),
            ("/{x}", "...", "/..."),
            ("/{x:path}", "a/../b", None),
            ("/{x:path}", "/etc/passwd", None),
            ("/{x:int}", "x", None),
            ("/{x:int}", 1.5, None),
            ("/{x:slug}", "a b", None),
            ("/{x}", "a\0", None),
        ],
    )
    def test_every_url_leads_back_to_its_route_or_is_refused(self, router, path, value, url):
        router.get(path, name="show")(lambda x: "")
        site = SiteClient(router).site
        if url is None:
            with pytest.raises(SennitError) as caught:
                site.url_for("show", x=value)
            assert caught.value.code == "route.E011"
        else:
            assert site.url_for("show", x=value) == url
            assert site.table.find(url) is not None

    def test_an_empty_text_counts_as_missing(self, router):
        router.get("/{x}", name="show")(lambda x: "")
        with pytest.raises(SennitError) as caught:
            SiteClient(router).site.url_for("show", x="")
        assert caught.value.code == "route.E004"
