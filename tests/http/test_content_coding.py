"""RFC 9110 §12.5.3."""

import pytest

from sennit.http.content_coding import choose_coding

HAVE = ("br", "zstd", "gzip")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("*", "br"),
        ("br;q=0, *", "zstd"),
        ("*;q=0", ""),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=nan, br;q=x, zstd;q=0.00001", ""),
        ("deflate", ""),
    ],
    ids=range(15),
)
def test_the_client_chooses_and_among_equals_the_server(accept, chosen):
    assert choose_coding(accept, HAVE) == chosen


def test_an_endless_list_is_cut():
    assert choose_coding("x;q=1," * 100_000 + "br", HAVE) == ""
