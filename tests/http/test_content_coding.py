"""Which content coding an answer goes out in (RFC 9110 §12.5.3)."""

import time

import pytest

from sennit.http.content_coding import choose_coding

OFFERED = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5, zstd;q=0.1", "gzip"),
        ("gzip; q=0.2, br ; q=0.8", "br"),
        ("*", "zstd"),
        ("zstd;q=0, *;q=0.5", "br"),
        ("gzip;q=0", "identity"),
        ("*;q=0", "identity"),
        ("identity", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip", "gzip"),
        ("deflate, compress", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("gzip;q=-1", "identity"),
        ("gzip;q=0.000000001", "identity"),
        ("gzip;level=9", "identity"),
        (", ,gzip,", "gzip"),
    ],
)
def test_the_clients_weights_decide_and_then_our_order(accept, coding):
    assert choose_coding(accept, OFFERED) == coding


def test_the_first_member_of_a_name_counts():
    assert choose_coding("gzip;q=0, gzip", OFFERED) == "identity"


class TestEndlessLists:  # threat R40
    def test_of_a_megabyte_are_read_to_the_32nd_member(self):
        begun = time.process_time()
        assert choose_coding("a," * 500_000 + "gzip", OFFERED) == "identity"
        assert choose_coding(";q=" * 300_000, OFFERED) == "identity"
        assert time.process_time() - begun < 1
