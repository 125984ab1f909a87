"""Threat R42: names that could leave a folder cannot be spelled."""

import pytest

from sennit.web.static_name import hashed_name, is_inside, is_plain_name, split_hashed


@pytest.mark.parametrize(
    "name", ["a", "a.css", "css/app.css", "ä/ö.txt", "a b/c d", "a..b", "%2e%2e", "a-~_!$&'()*+,;=@"]
)
def test_plain_names(name):
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/etc/passwd",
        "//x",
        "a//b",
        "a/",
        ".",
        "..",
        "../x",
        "a/../b",
        "a/..",
        "...",
        ".git/config",
        "a/.hidden",
        "a\0b",
        "a\nb",
        "a\\b",
        "..\\x",
        "C:/x",
        "c:x",
        "a.txt::$DATA",
        "a.txt:stream",
        "a.",
        "a.txt.",
        "a ",
        "a /b",
        "a./b",
    ],
    ids=range(27),
)
def test_names_that_are_refused(name):
    assert not is_plain_name(name)


def test_a_real_path_lies_inside_and_nothing_on_the_way_is_hidden():
    assert is_inside("/srv/www", "/srv/www/a/b")
    assert is_inside("/", "/a")
    assert not is_inside("/srv/www", "/srv/www")
    assert not is_inside("/srv/www", "/srv/www2/a")
    assert not is_inside("/srv/www", "/srv/www/.git/config")


@pytest.mark.parametrize("name", ["app.css", "a/b.c/app.min.css", "LICENSE", "a/LICENSE"])
def test_a_hashed_name_leads_back(name):
    assert split_hashed(hashed_name(name, "0123456789ab")) == (name, "0123456789ab")


@pytest.mark.parametrize(
    "name", ["app.css", "app.0123456789a.css", "app.0123456789AB.css", "0123456789ab.css", "a/.0123456789ab"]
)
def test_other_names_are_no_hashed_names(name):
    assert split_hashed(name) is None
