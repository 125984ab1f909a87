"""Where a redirect may not lead."""

import pytest

from sennit.client.errors import ConnectFailed, ProtocolFailed
from sennit.client.redirects import target_of
from sennit.client.url import parse_url


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://shop.example/", ConnectFailed),
        ("file:///etc/passwd", ProtocolFailed),
        ("ftp://a.example/", ProtocolFailed),
        ("javascript:alert(1)", ProtocolFailed),
        ("http+unix://%2Frun%2Fapp.sock/", ConnectFailed),
        ("https://[::1", ProtocolFailed),
        ("https://a.example:99999/", ProtocolFailed),
        ("https://a b.example/", ProtocolFailed),
        ("/a\r\nset-cookie: a=b", ProtocolFailed),
        ("/a\0b", ProtocolFailed),
    ],
    ids=["https to http", "file", "ftp", "script", "Unix", "no IPv6", "port", "a space in the host", "CR LF", "NUL"],
)
def test_r9_a_target_that_is_not_followed(location, error):
    with pytest.raises((ConnectFailed, ProtocolFailed)) as caught:
        target_of(parse_url("https://shop.example/cart"), location)
    assert isinstance(caught.value, error), caught.value
    assert (caught.value.phase, caught.value.url) == ("redirect", "https://shop.example/cart")


def test_r9_credentials_in_a_target_are_not_used():
    assert "secret" not in str(target_of(parse_url("https://shop.example/"), "https://me:secret@other.example/"))
