"""Cookies that a server sets for others."""

import pytest

from sennit.client.cookie_jar import CookieJar
from sennit.client.url import parse_url

SITE = parse_url("http://shop.example.co.uk/cart")


@pytest.mark.parametrize(
    "line",
    [
        "a=b; domain=other.example",
        "a=b; domain=co.uk",
        "a=b; domain=.uk",
        "a=b; domain=below.shop.example.co.uk",
        "a=b; domain=p.example.co.uk",
        "a=b; secure",
        "__Secure-a=b",
        "__Host-a=b; secure; path=/; domain=shop.example.co.uk",
        "a=b\0c",
        "a=" + "b" * 10_000,
    ],
    ids=[
        "other",
        "public suffix",
        "suffix of suffix",
        "below",
        "tail",
        "secure",
        "__Secure-",
        "__Host-",
        "NUL",
        "10 kB",
    ],
)
def test_r9_a_cookie_that_is_not_for_its_server_is_not_kept(line):
    jar = CookieJar()
    jar.store(SITE, line)
    assert len(jar) == 0


def test_r9_a_flood_of_cookies_is_bounded():
    jar = CookieJar()
    for number in range(5000):
        jar.store(SITE, f"a{number}=b")
    assert len(jar) <= 180
