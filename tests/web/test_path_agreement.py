"""Path and signature say the same, or the start says what is wrong (DESIGN §2.1)."""

import datetime
import enum
import uuid
from typing import Annotated, Literal

import pytest

from sennit.web import Router
from sennit.web.path_agreement import untaken

from .conftest import SiteClient


class Colour(enum.Enum):
    RED = "red"


def mistakes(router: Router) -> list[str]:
    try:
        SiteClient(router)
    except ExceptionGroup as group:
        return [error.code for error in group.exceptions]
    return []


@pytest.mark.parametrize(
    ("path", "annotation", "agrees"),
    [
        ("/{x:int}", int, True),
        ("/{x:int}", str, True),
        ("/{x:int}", float, True),
        ("/{x:int}", int | None, True),
        ("/{x:int}", Annotated[int, "positive"], True),
        ("/{x:int}", Literal[1, 2], True),
        ("/{x:int}", uuid.UUID, False),
        ("/{x:int}", datetime.date, False),
        ("/{x:uuid}", uuid.UUID, True),
        ("/{x:uuid}", int, False),
        ("/{x:date}", datetime.date, True),
        ("/{x:date}", float, False),
        ("/{x:float}", int, False),
        ("/{x:slug}", Colour, True),
        ("/{x:slug}", Literal["a", "b"], True),
        ("/{x:slug}", int, False),
        ("/{x:path}", str, True),
        ("/{x:path}", int, False),
        ("/{x}", Colour, True),
        ("/{x}", uuid.UUID, True),
    ],
)
def test_a_converter_and_an_annotation_that_contradict_each_other_are_a_mistake(router, path, annotation, agrees):
    async def show(x):
        return ""

    show.__annotations__["x"] = annotation
    router.get(path)(show)
    assert mistakes(router) == ([] if agrees else ["route.E014"])


def test_a_parameter_misspelt_on_one_side_is_a_mistake_and_not_a_query_parameter(router):
    @router.get("/users/{user_id}")
    async def show(userid: int):
        return ""

    with pytest.raises(ExceptionGroup) as caught:
        SiteClient(router)
    (mistake,) = caught.value.exceptions
    assert mistake.code == "route.E019" and "Did you mean 'userid'" in mistake.what
    assert "test_path_agreement.py" in mistake.where


def test_a_parameter_without_annotation_that_the_path_does_not_name_is_a_mistake(router):
    @router.get("/users/{user}")
    async def show(users):
        return ""

    assert mistakes(router) == ["web.E002"]


class TestUntaken:
    """A parameter that nothing takes is no mistake; `sennit check` names it."""

    def warned(self, router: Router) -> list[str]:
        return [warning.what for route in SiteClient(router).site.routes for warning in untaken(route)]

    def test_it_is_named(self, router):
        @router.get("/a/{x}")
        async def show():
            return ""

        (what,) = self.warned(router)
        assert what.startswith("{x} stands in the path '/a/{x}'")

    def test_rules_providers_and_middleware_take_it_too(self, router):
        async def in_team(team: str):
            return True

        @router.provide
        async def article(id: int):
            return {"id": id}

        async def noted(request, next, page: str):
            return await next(request)

        @router.get("/{team}/{id}/{page}", access=in_team, middleware=[])
        async def show(article: dict, page: str):
            return ""

        assert self.warned(router) == []

    def test_who_has_the_request_has_all_of_them(self, router):
        @router.get("/a/{x}")
        async def show(request):
            return request.params["x"]

        assert self.warned(router) == []

    def test_a_prefix_speaks_for_many_routes_and_an_underscore_says_that_it_is_meant(self, router):
        team = Router("/{team}")

        @team.get("/{_rest:path}")
        async def page():
            return ""

        router.include(team)
        assert self.warned(router) == []
