import time

import pytest

from sennit.debug.masking import MASK, is_secret, mask_source, mask_text, printable


@pytest.mark.parametrize(
    "name",
    ["password", "PASSWORD", "new_password", "csrfToken", "secret", "api_key", "Set-Cookie", "authorization", "key"],
)
def test_a_name_that_tells_a_secret_is_known(name):
    assert is_secret(name)
    assert is_secret(name.encode())


@pytest.mark.parametrize("name", ["title", "primary_key", "keyword", "monkey", "author", 7, None, ("password",)])
def test_a_harmless_name_is_not_a_secret(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://shop:hunter2@db/shop", "hunter2"),
        ("redis://:hunter2@db", "hunter2"),
        ("postgresql://shop:hunter2", "hunter2"),  # cut before the @
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("/reset?token=abc123&page=2", "abc123"),
        ("new_password=hunter2", "hunter2"),
        ("the key is sk" + "_live_4eC39Hq", "4eC39Hq"),
    ],
)
def test_a_secret_inside_a_text_is_hidden(text, hidden):
    assert hidden in text
    assert hidden not in mask_text(text)
    assert MASK in mask_text(text)


@pytest.mark.parametrize(
    "text", ["http://localhost:8000/x", "http://[::1]:8000", "a: b", "12:30", "x == y", "//host:80"]
)
def test_a_text_without_a_secret_stays(text):
    assert mask_text(text) == text


def test_a_literal_secret_in_source_is_hidden_and_keeps_its_columns():
    line = 'app = App(secret="correct horse", hosts=["a"])'
    assert mask_source(line) == 'app = App(secret="•••••••••••••", hosts=["a"])'
    assert len(mask_source('url = "redis://:hunter2@db/0"')) == len('url = "redis://:hunter2@db/0"')
    assert "hunter2" not in mask_source('url = "redis://:hunter2@db/0"')


def test_controls_and_bidirectional_marks_are_made_visible_in_place():
    assert printable("a\x1b[31mb\r\x00\x7f") == "a␛[31mb␍␀␡"
    assert printable("user\u202e\u2066x\ud800") == "user��x�"
    assert printable("tab\tand\nline") == "tab\tand\nline"


@pytest.mark.parametrize(
    "text", ["token" * 900, "&" * 4400, "//a:" * 1100, "password=" * 480, "eyJ" * 1400, "a." * 2200]
)
def test_masking_takes_no_long_time_on_hostile_text(text):
    begun = time.perf_counter()
    mask_text(text)
    mask_source(text)
    assert time.perf_counter() - begun < 1
