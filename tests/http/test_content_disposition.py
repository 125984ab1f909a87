"""RFC 6266, 8187; threat R36: file names cannot leave the field."""

import pytest

from sennit.http.content_disposition import content_disposition
from sennit.http.fields import check_value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("a b;c.txt", 'attachment; filename="a b;c.txt"'),
        ("naïve.txt", "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ('say "hi".txt', "attachment; filename=\"say _hi_.txt\"; filename*=UTF-8''say%20%22hi%22.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("C:\\temp\\x.exe", 'attachment; filename="x.exe"'),
        ("", 'attachment; filename="file"'),
    ],
    ids=range(9),
)
def test_both_spellings_are_given_where_they_differ(name, value):
    assert content_disposition(name) == value


@pytest.mark.parametrize(
    "name", ["a\r\nset-cookie: x=1", "a\0b", "a\x1b[31m", "photo\u202egpj.exe", "\ud800", "x" * 10_000]
)
def test_nothing_in_a_name_leaves_the_field_or_misleads(name):
    value = content_disposition(name)
    assert check_value("content-disposition", value) == value
    assert "\u202e" not in value and "%E2%80%AE" not in value and len(value) < 2000


def test_inline():
    assert content_disposition("a.pdf", "inline") == 'inline; filename="a.pdf"'
