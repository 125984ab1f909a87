"""`sennit check` warns of routes that no request reaches."""

import pytest

from sennit.web import Router

from .conftest import SiteClient


def unreached(*paths: str, mounts: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> list[str]:
    router = Router()
    for path in paths:
        router.get(path, name=path)(lambda: "")
    for path in mounts:
        router.mount(path, Router())
    for host in hosts:
        one = Router(host=host)
        for path in paths:
            one.get(path, name=host + path)(lambda: "")
        router.include(one)
    warnings = SiteClient(router, hosts=("*",)).site.warnings()
    return [warning.what.split("'")[1] for warning in warnings if warning.code == "route.E021"]


@pytest.mark.parametrize(
    ("paths", "lost"),
    [
        (["/{a}/{p:path}", "/{x}", "/{q:path}"], ["/{q:path}"]),
        (["/{a}/{p:path}", "/{q:path}"], []),
        (["/a/{x}", "/{y}/b", "/a/b"], []),
        (["/{x:int}", "/{x:float}", "/{x:slug}", "/{x:uuid}", "/{x:date}", "/{x}"], []),
        (["/a", "/a/"], []),
        (["/{x}/a/{p:path}", "/{x}/a/{y}", "/{x}/{p:path}"], []),
        (["/files/{p:path}", "/files/{x}/{y}"], []),
    ],
)
def test_only_what_is_taken_as_a_whole(paths, lost):
    assert unreached(*paths) == lost


def test_the_warning_names_both_places_and_a_path():
    router = Router()
    for path in ("/{a}/{p:path}", "/{x}", "/{q:path}"):
        router.get(path, name=path)(lambda: "")
    (warning,) = [w for w in SiteClient(router).site.warnings() if w.code == "route.E021"]
    assert warning.what == "no request reaches '/{q:path}': '/{x}' takes them, as '/any%20text'"
    assert warning.where.count("test_shadowing.py") == 2


def test_a_host_does_not_take_what_answers_on_all_others():
    assert unreached("/", "/{x}", hosts=("{any_host}.example.org",)) == []


def test_converters_of_ones_own_are_not_looked_at():
    router = Router()
    router.converter("word", "[a-z]+")
    router.get("/{x:word}", name="a")(lambda x: "")
    assert [w.code for w in SiteClient(router).site.warnings()] == []


def test_another_method_is_reached():
    router = Router()
    router.get("/{x}", name="a")(lambda x: "")
    router.get("/{a}/{p:path}", name="b")(lambda a, p: "")
    router.post("/{p:path}", name="c")(lambda p: "")
    assert SiteClient(router).site.warnings() == []
