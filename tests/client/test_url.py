"""URLs (RFC 3986, RFC 9110 §4.2): taken apart, joined, and in the form in which they go on the wire."""

import pytest

from sennit.client import URL, ClientError
from sennit.client.url import parse_url


class TestParts:
    def test_what_it_has(self):
        url = parse_url("HTTPS://me:p%40ss@Example.COM:8443/a/b?c=d#e")
        assert (url.scheme, url.host, url.port, url.path, url.query, url.fragment) == (
            "https",
            "example.com",
            8443,
            "/a/b",
            "c=d",
            "e",
        )
        assert (url.user, url.password, url.authority, url.target) == ("me", "p@ss", "example.com:8443", "/a/b?c=d")
        assert url.origin == ("https", "example.com", 8443)
        assert str(url) == "https://example.com:8443/a/b?c=d#e"
        assert "p@ss" not in repr(url) and url.is_secure

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("http://h", "http://h/"), ("http://h:80/", "http://h/"), ("https://h:443", "https://h/"), ("http://h:443/", "http://h:443/"),
            ("http://h?a", "http://h/?a"), ("http://h:/", "http://h/"), ("http://h/a b", "http://h/a%20b"),
            ("http://h/ü?ü#ü", "http://h/%C3%BC?%C3%BC#%C3%BC"),
            ("http://h/%c3%bc", "http://h/%c3%bc"), ("http://h/100%", "http://h/100%25"), ("http://h/a/./b/../c", "http://h/a/c"),
            ("http://h/../../a", "http://h/a"),
            ("http://h/%2e%2E/a", "http://h/a"), ("http://h//a", "http://h//a"), ("http://h/a?b=../c", "http://h/a?b=../c"),
            ("http://[::1]:8000/", "http://[::1]:8000/"),
            ("http://[2001:DB8:0::1]/", "http://[2001:db8::1]/"), ("http://1.2.3.4/", "http://1.2.3.4/"), ("http://h./", "http://h./"),
        ],
    )  # fmt: skip
    def test_how_it_is_written(self, text, shown):
        assert str(parse_url(text)) == shown
        assert str(parse_url(shown)) == shown

    @pytest.mark.parametrize(
        "text",
        [
            "", "h/a", "/a", "//h/a", "ftp://h/", "http:///a", "http://", "http://h:99999/", "http://h:0/", "http://h:-1/",
            "http://h:a/", "http://a b/",
            "http://h\\@other/", "http://[::1", "http://[x]/", "http://h/\r\n", "http://h/\0", "http://h\t/", "http://a@b@c/",
            "http://-h..x/", "http://h%2fx/",
            "http://" + "a" * 64 + ".example/", "http://h/" + "a" * 70_000, "javascript:alert(1)", "http://ex\u2024ample:80\uff0f/",
        ],
    )  # fmt: skip
    def test_r9_what_is_none(self, text):
        with pytest.raises(ClientError) as caught:
            parse_url(text)
        assert caught.value.code == "client.E020"
        assert len(str(caught.value)) < 500

    def test_an_error_shows_no_password(self):
        with pytest.raises(ClientError) as caught:
            parse_url("ftp://me:secret@h/")
        assert "secret" not in str(caught.value)

    def test_a_unix_socket(self):
        url = parse_url("http+unix://%2Frun%2Fapp.sock/a?b")
        assert (url.scheme, url.unix, url.authority, url.target) == ("http", "/run/app.sock", "localhost", "/a?b")
        assert url.origin != parse_url("http://localhost/").origin
        assert str(url) == "http+unix://%2Frun%2Fapp.sock/a?b"


class TestHostsBeyondAscii:  # RFC 5891, UTS 46
    @pytest.mark.parametrize(
        ("host", "wire"),
        [
            ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("faß.de", "xn--fa-hia.de"), ("FAẞ.de", "xn--fa-hia.de"), ("fass.de", "fass.de"), ("βόλος.com", "xn--nxasmm1c.com"),
            ("ΒΌΛΟΣ.com", "xn--nxasmq6b.com"),
            ("☃.net", "xn--n3h.net"), ("u\u0308.example", "xn--tda.example"), ("ｅｘａｍｐｌｅ．com", "example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("bücher.example.", "xn--bcher-kva.example."),
        ],
    )  # fmt: skip
    def test_what_goes_on_the_wire(self, host, wire):
        assert parse_url(f"http://{host}/").host == wire

    @pytest.mark.parametrize(
        "host",
        [
            "a\u200db.example",
            "a\u200cb",
            "ü" * 60 + ".example",
            "ß" * 64,
            "a\u3002\u3002ü",
            "ü\u2100x",
            "\u0660ü\u05d0a",
        ],
    )
    def test_what_cannot_be_one(self, host):
        with pytest.raises(ClientError):
            parse_url(f"http://{host}/")


class TestJoining:  # RFC 3986 §5.4
    @pytest.mark.parametrize(
        ("reference", "joined"),
        [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"), ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q#s"), ("g#s", "http://a/b/c/g#s"), (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
            ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
            ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"), ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"), ("https://x/", "https://x/"),
        ],
    )  # fmt: skip
    def test_the_examples(self, reference, joined):
        assert str(parse_url("http://a/b/c/d;p?q").join(reference)) == joined

    def test_credentials_stay_within_an_origin(self):
        url = parse_url("http://me:x@a/b")
        assert url.join("/c").user == "me"
        assert url.join("//other/c").user is None


class TestParams:
    @pytest.mark.parametrize(
        ("params", "query"),
        [
            ({"a": 1}, "x=1&a=1"), ({"a": [1, "b"], "c": ()}, "x=1&a=1&a=b"), ({"a": None}, "x=1"),
            ({"a": True, "b": False}, "x=1&a=true&b=false"),
            ({"a": ""}, "x=1&a="), ([("b", 1), ("a", 2)], "x=1&b=1&a=2"), ({"ü": "a&b=c d+e"}, "x=1&%C3%BC=a%26b%3Dc+d%2Be"),
            ("?y=%41 z", "x=1&y=%41%20z"), ({}, "x=1"),
        ],
    )  # fmt: skip
    def test_they_come_behind_what_is_there(self, params, query):
        assert parse_url("http://h/?x=1#f").with_params(params).query == query

    def test_the_fragment_stays_at_the_end(self):
        assert str(parse_url("http://h/a#f").with_params({"b": 1})) == "http://h/a?b=1#f"


def test_two_that_are_written_the_same_are_equal():
    assert parse_url("http://h") == parse_url("HTTP://H:80/") and hash(parse_url("http://h")) == hash(
        parse_url("http://h/")
    )
    assert parse_url("http://a:b@h/") != parse_url("http://h/")
    assert isinstance(parse_url("http://h"), URL) and parse_url("http://h") != "http://h/"
