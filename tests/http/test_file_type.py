import mimetypes

import pytest

from sennit.http.file_type import BYTES, file_type, with_charset


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/b/App.CSS", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("data.json", "application/json"),
        ("font.woff2", "font/woff2"),
        ("photo.webp", "image/webp"),
        ("unknown.zzz", BYTES),
        ("Makefile", BYTES),
        ("css", BYTES),
        ("folder.html/file", BYTES),
        ("", BYTES),
    ],
)
def test_by_the_ending_with_a_charset_for_text(name, expected):
    assert file_type(name) == expected


@pytest.mark.parametrize("name", ["app.css.gz", "page.html.br", "page.html.zst", "archive.tar.gz"])
def test_a_packed_file_is_not_called_what_is_packed_in_it(name):
    assert not file_type(name).startswith("text/")


def test_the_tables_of_the_machine_do_not_count():
    mimetypes.add_type("text/html", ".zzz")
    assert file_type("a.zzz") == BYTES


def test_a_charset_that_stands_there_stays():
    assert with_charset("text/plain; charset=latin-1") == "text/plain; charset=latin-1"
    assert with_charset("image/png") == "image/png"
