"""Endpoints as text."""

import pytest

from sennit.errors import SennitError
from sennit.net import Endpoint


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp:8000", "127.0.0.1", 8000),
        ("tcp:0.0.0.0:80", "0.0.0.0", 80),
        ("tcp:[::1]:80", "::1", 80),
        ("tcp://[::]:8080", "::", 8080),
        ("tcp://example.org:1", "example.org", 1),
        ("tcp://:81", "127.0.0.1", 81),
        ("tcp:8080:interface=10.0.0.1", "10.0.0.1", 8080),
    ],
)
def test_tcp_is_read_in_both_grammars(text, host, port):
    endpoint = Endpoint.parse(text)
    assert (endpoint.scheme, endpoint.host, endpoint.port) == ("tcp", host, port)


def test_the_default_host_stands_in_for_a_missing_one():
    assert Endpoint.parse("tcp:8000", default_host="0.0.0.0").host == "0.0.0.0"


def test_options_are_typed():
    endpoint = Endpoint.parse("tcp://127.0.0.1:80?backlog=7&reuse_port=1")
    assert (endpoint.backlog, endpoint.reuse_port) == (7, True)
    assert Endpoint.parse("unix:/run/a.sock:mode=660").mode == 0o660


def test_a_backslash_takes_away_the_meaning_of_a_colon():
    assert Endpoint.parse(r"unix:/run/a\:b").path == "/run/a:b"


@pytest.mark.parametrize(
    "text",
    ["tcp:1", "tcp:h:1", "tcp://[::1]:1?backlog=9&reuse_port=1", "unix:/a/b", "unix:/a:mode=600", "unix:rel", "fd:3"],
)
def test_a_description_parses_to_an_equal_endpoint(text):
    endpoint = Endpoint.parse(text)
    assert Endpoint.parse(endpoint.describe()) == endpoint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8000", "net.E001"),
        ("tcp:http", "net.E001"),
        ("tcp:65536", "net.E001"),
        ("tcp:１", "net.E001"),
        ("tcp:", "net.E001"),
        ("tcp:a:b:c", "net.E001"),
        ("tpc:8000", "net.E001"),
        ("unix:", "net.E001"),
        ("fd:x", "net.E001"),
        ("tcp://:1?backlgo=3", "net.E002"),
        ("tcp:1:backlog=many", "net.E002"),
        ("tcp:1:reuse_port=yes", "net.E002"),
        ("tls://0.0.0.0:443", "net.E003"),
        ("systemd:web", "net.E003"),
        ("udp:5140", "net.E003"),
    ],
)
def test_what_is_not_understood_names_its_code(text, code):
    with pytest.raises(SennitError) as caught:
        Endpoint.parse(text)
    assert caught.value.code == code


def test_a_misspelt_option_is_answered_with_the_nearest():
    with pytest.raises(SennitError, match="Did you mean 'backlog'"):
        Endpoint.parse("tcp://:1?backlgo=3")
