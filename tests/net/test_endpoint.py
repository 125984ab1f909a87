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
    [
        *(
            "tcp:1",
            "tcp:h:1",
            "tcp://[::1]:1?backlog=9&reuse_port=1",
            "unix:/a/b",
            "unix:/a:mode=600",
            "unix:rel",
            "fd:3",
        ),
        *("systemd:", "systemd:web", "systemd:web:proxy=1", "fd:3:cert=a.pem", "unix:/a:mode=660:owner=www:group=33"),
        *("tcp:*:8000", "tls:443:cert=a.pem:key=a.key", "tls://[::1]:443?cert=a&key=b&cert=c&client_ca=d"),
        *("tls://h:1?cert=%20a%26b&client_ca=d&client_cert=optional&alpn=h2,http/1.1&min=1.3", "tls:h:1:ca=x", "tls:1"),
    ],
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
        ("tls://0.0.0.0:443?key=a.key", "net.E002"),
        ("tls://0.0.0.0:443?cert=a&key=b&key=c", "net.E002"),
        ("tls://0.0.0.0:443?min=1.1", "net.E002"),
        ("tls://0.0.0.0:443?client_cert=maybe", "net.E002"),
        ("tcp://0.0.0.0:443?cert=a", "net.E002"),
        ("tls:443?cert=a", "net.E001"),
        ("systemd:a:b", "net.E001"),
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


def test_tls_is_read_in_both_grammars_and_each_key_belongs_to_the_certificate_before_it():
    for text in (
        "tls://0.0.0.0:443?cert=a.pem&key=a.key&cert=both.pem&cert=c.pem&key=c.key",
        "tls:0.0.0.0:443:cert=a.pem:key=a.key:cert=both.pem:cert=c.pem:key=c.key",
    ):
        tls = Endpoint.parse(text).tls
        assert tls is not None
        assert tls.certs == (("a.pem", "a.key"), ("both.pem", ""), ("c.pem", "c.key"))


def test_sockets_from_systemd_and_descriptors_may_carry_tls():
    assert Endpoint.parse("systemd:https:cert=a.pem:key=a.key").tls is not None
    assert Endpoint.parse("systemd://https?cert=a.pem").name == "https"
    assert Endpoint.parse("systemd:").name == ""


def test_relative_paths_are_put_below_a_folder(tmp_path):
    endpoint = Endpoint.parse("tls:443:cert=a.pem:key=/etc/a.key:client_ca=ca.pem").rooted(tmp_path, "open sesame")
    assert endpoint.tls is not None
    assert endpoint.tls.certs == ((str(tmp_path / "a.pem"), "/etc/a.key"),)
    assert (endpoint.tls.client_ca, endpoint.tls.ca) == (str(tmp_path / "ca.pem"), "")
    assert endpoint.tls.password == "open sesame"
    assert "sesame" not in repr(endpoint) + endpoint.describe()
    assert Endpoint.parse("unix:run.sock").rooted(tmp_path).path == str(tmp_path / "run.sock")
