"""What a handler's parameters receive."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated
from uuid import UUID

import pytest
from msgspec import Meta, Struct

from sennit.errors import SennitError
from sennit.web import Body, Cookie, File, Form, Header, Provide, Query

from .conftest import SiteClient


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Price(Struct):
    amount: int
    currency: str = "EUR"


class Item(Struct):
    name: str
    prices: list[Price]


@dataclass
class Point:
    x: int
    y: int


class TestPath:
    @pytest.mark.parametrize(
        ("annotation", "text", "value"),
        [(int, "42", "42"), (float, "1.5", "1.5"), (date, "2026-11-25", "2026-11-25"), (Colour, "red", "Colour.RED")],
    )
    async def test_a_segment_is_converted_by_its_annotation(self, router, ask, annotation, text, value):
        async def show(x):
            return str(x)

        show.__annotations__["x"] = annotation
        router.get("/{x}")(show)
        assert (await ask("GET", f"/{text}")).text == value

    @pytest.mark.parametrize("text", ["x", "1_0", "٣", "1.5", "", "9" * 40 + "x"])
    async def test_a_segment_that_does_not_convert_is_404(self, router, ask, text):
        @router.get("/{n}")
        async def show(n: int):
            return str(n)

        assert (await ask("GET", f"/{text}" if text.isascii() else "/%D9%A3")).status == 404

    async def test_the_rest_of_a_path_takes_slashes(self, router, ask):
        @router.get("/files/{rest:path}")
        async def show(rest: str):
            return rest

        assert (await ask("GET", "/files/a/b%20c/d")).text == "a/b c/d"

    async def test_uuids_come_as_uuids(self, router, ask):
        @router.get("/{key}")
        async def show(key: UUID):
            return key.hex

        assert (await ask("GET", "/12345678-1234-5678-1234-567812345678")).text == "12345678123456781234567812345678"


class TestQuery:
    async def test_scalars_lists_and_defaults(self, router, ask):
        @router.get("/")
        async def show(q: str = "", page: int = 1, tag: list[str] = [], flag: bool = False):  # noqa: B006
            return {"q": q, "page": page, "tag": tag, "flag": flag}

        page = await ask("GET", "/?q=a+b&page=2&tag=x&tag=y&flag=true")
        assert page.json() == {"q": "a b", "page": 2, "tag": ["x", "y"], "flag": True}
        assert (await ask("GET", "/")).json() == {"q": "", "page": 1, "tag": [], "flag": False}

    async def test_all_wrong_values_are_told_at_once(self, router, ask):
        @router.get("/")
        async def show(a: int, b: int, c: Annotated[int, Meta(ge=1)], x_token: Header[str]):
            return {}

        page = await ask("GET", "/?a=x&c=0", accept="application/json")
        assert page.status == 422
        assert page.media_type == "application/problem+json"
        assert {(e["in"], e["field"]) for e in page.json()["errors"]} == {
            ("query", "a"),
            ("query", "b"),
            ("query", "c"),
            ("header", "x-token"),
        }

    async def test_an_escape_that_is_not_utf8_is_400(self, router, ask):
        @router.get("/")
        async def show(q: str = ""):
            return q

        assert (await ask("GET", "/?q=%ff")).status == 400

    async def test_more_than_1000_pairs_are_400(self, router, ask):
        @router.get("/")
        async def show(q: str = ""):
            return q

        assert (await ask("GET", "/?" + "&".join(["q=1"] * 1001))).status == 400


class TestHeaderAndCookie:
    async def test_names_and_values(self, router, ask):
        @router.get("/")
        async def show(x_token: Header[str], theme: Cookie[str] = "light"):
            return f"{x_token} {theme}"

        assert (await ask("GET", "/", x_token="t", cookie="theme=dark; theme=no")).text == "t dark"
        assert (await ask("GET", "/", x_token="t")).text == "t light"


class TestBody:
    async def test_a_struct_is_decoded_from_json(self, router, ask):
        @router.post("/")
        async def create(item: Item):
            return item

        body = b'{"name": "tea", "prices": [{"amount": 3}]}'
        page = await ask("POST", "/", body=body, content_type="application/json")
        assert page.json() == {"name": "tea", "prices": [{"amount": 3, "currency": "EUR"}]}

    async def test_every_wrong_field_is_told_with_its_path(self, router, ask):
        @router.post("/")
        async def create(item: Item):
            return item

        body = b'{"prices": [{"amount": 3}, {"amount": "x", "currency": 5}]}'
        page = await ask("POST", "/", body=body, content_type="application/json")
        assert page.status == 422
        assert [e["field"] for e in page.json()["errors"]] == ["name", "prices[1].amount", "prices[1].currency"]

    async def test_dataclasses_and_lists_work_too(self, router, ask):
        @router.post("/")
        async def create(points: Body[list[Point]]):
            return sum(p.x for p in points), 201

        page = await ask("POST", "/", body=b'[{"x":1,"y":2},{"x":3,"y":4}]', content_type="application/json")
        assert (page.status, page.text) == (201, "4")

    @pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[" * 100_000])
    async def test_malformed_json_is_400(self, router, ask, body):
        @router.post("/")
        async def create(item: Item):
            return item

        assert (await ask("POST", "/", body=body, content_type="application/json")).status == 400

    async def test_another_media_type_is_415(self, router, ask):
        @router.post("/")
        async def create(item: Item):
            return item

        assert (await ask("POST", "/", body=b"x", content_type="text/plain")).status == 415


class TestForm:
    async def test_fields_boxes_lists_and_constraints(self, router, ask):
        @router.post("/")
        async def create(
            text: Form[Annotated[str, Meta(min_length=1)]],
            done: Form[bool],
            n: Form[int] = 3,
            tags: Form[list[str]] = [],  # noqa: B006
        ):
            return {"text": text, "done": done, "n": n, "tags": tags}

        page = await ask("POST", "/", form={"text": "milk", "done": "on", "tags": ["a", "b"]})
        assert page.json() == {"text": "milk", "done": True, "n": 3, "tags": ["a", "b"]}
        page = await ask("POST", "/", form={"text": "", "n": "x"}, accept="application/json")
        assert [(e["in"], e["field"]) for e in page.json()["errors"]] == [("form", "text"), ("form", "n")]

    async def test_a_struct_is_read_from_a_form(self, router, ask):
        @router.post("/")
        async def create(price: Form[Price]):
            return price

        assert (await ask("POST", "/", form={"amount": "5"})).json() == {"amount": 5, "currency": "EUR"}
        assert (await ask("POST", "/", form={"amount": "x"})).status == 422

    async def test_files_come_with_name_type_and_size(self, router, ask):
        @router.post("/")
        async def upload(image: File, more: list[File], text: Form[str] = ""):
            return {
                "name": image.filename,
                "size": image.size,
                "n": len(more),
                "text": text,
                "body": (await image.read()).decode(),
            }

        files = {"image": ("..\\up/a b.png", b"png!", "image/png"), "more": ("x", b"1")}
        page = await ask("POST", "/", form={"text": "hi"}, files=files)
        assert page.json() == {"name": "a b.png", "size": 4, "n": 1, "text": "hi", "body": "png!"}
        assert (await ask("POST", "/", form={"text": "hi"}, files={})).status == 422

    async def test_a_cut_multipart_body_is_400(self, router, ask):
        @router.post("/")
        async def upload(image: File):
            return ""

        body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc'
        page = await ask("POST", "/", body=body, content_type="multipart/form-data; boundary=b")
        assert page.status == 400

    async def test_ten_thousand_fields_are_refused(self, router, ask):
        @router.post("/")
        async def upload(text: Form[str]):
            return ""

        page = await ask("POST", "/", form={f"f{n}": "1" for n in range(10_000)}, files={"x": b"1"})
        assert page.status == 413


class TestProviders:
    async def test_a_provider_gets_the_path_and_other_providers(self, router, ask):
        @router.provide
        async def double(n: int):
            return n * 2

        @router.provide
        def text(double):
            return f"<{double}>"

        @router.get("/{n}")
        async def show(text):
            return text

        assert (await ask("GET", "/21")).text == "<42>"

    async def test_a_generator_cleans_up_after_the_handler(self, router, ask):
        seen = []

        @router.provide
        async def resource():
            seen.append("open")
            yield "r"
            seen.append("closed")

        @router.get("/")
        async def show(resource):
            seen.append(resource)
            return "ok"

        await ask("GET", "/")
        assert seen == ["open", "r", "closed"]

    async def test_provide_names_a_function_for_one_parameter(self, router, ask):
        async def by_slug(slug: str):
            return slug.upper()

        @router.get("/{slug}")
        async def show(a: Annotated[str, Provide(by_slug)]):
            return a

        assert (await ask("GET", "/abc")).text == "ABC"

    async def test_it_gets_the_handlers_own_parameter_never_the_query_by_accident(self, router, ask):
        async def is_small(team: int):
            return team < 10

        @router.get("/teams", access=is_small)
        async def show(team: int = 3):
            return str(team)

        assert (await ask("GET", "/teams?team=5")).text == "5"
        assert (await ask("GET", "/teams?team=50")).status == 403

    def test_a_rule_that_asks_for_what_the_handler_has_not_is_a_start_up_error(self, router):
        async def rule(team: int):
            return True

        @router.get("/", access=rule)
        async def show():
            return ""

        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        assert [e.code for e in caught.value.exceptions] == ["web.E003"]

    async def test_query_is_read_when_spelled(self, router, ask):
        @router.provide
        async def wanted(q: Query[str] = "none"):
            return q

        @router.get("/")
        async def show(wanted):
            return wanted

        assert (await ask("GET", "/?q=x")).text == "x"


class TestMistakesAtStart:
    def test_all_are_told_together_with_places_and_fixes(self, router):
        @router.get("/a")
        async def a(reqest):
            return ""

        @router.get("/b")
        async def b(session: int):
            return ""

        @router.get("/c/{x}")
        async def c(x: int, thing: object):
            return ""

        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        mistakes = caught.value.exceptions
        assert all(isinstance(m, SennitError) and m.fix and "test_parameters.py" in m.where for m in mistakes)
        assert [m.code for m in mistakes] == ["web.E002", "web.E004", "web.E002"]
        assert "Did you mean 'request'?" in mistakes[0].what
