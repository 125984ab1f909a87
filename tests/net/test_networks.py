"""Whom to believe."""

import pytest

from sennit.errors import SennitError
from sennit.net import Address, Networks
from sennit.net.networks import read_ip


@pytest.mark.parametrize(
    ("names", "peer", "holds"),
    [
        (["10.0.0.0/8"], Address("10.1.2.3", 5), True),
        (["10.0.0.0/8"], Address("11.1.2.3", 5), False),
        (["10.0.0.0/8"], Address("::ffff:10.1.2.3", 5), True),
        (["192.0.2.7"], Address("192.0.2.7", 5), True),
        (["fd00::/8"], Address("fd00::1", 5), True),
        (["fd00::/8"], Address("10.0.0.1", 5), False),
        (["unix"], Address("", 0), True),
        (["unix"], Address("/run/a.sock", 0), True),
        (["unix"], Address("127.0.0.1", 5), False),
        (["127.0.0.0/8"], Address("", 0), False),
        ([], Address("127.0.0.1", 5), False),
        (["10.0.0.0/8"], Address("not an address", 5), False),
    ],
)
def test_peers_are_held_by_network_and_unix_peers_by_name(names, peer, holds):
    assert Networks(names).holds(peer) is holds


def test_nobody_is_false():
    assert not Networks() and Networks(["unix"])


@pytest.mark.parametrize(
    ("name", "meant"), [("10.0.0.1/8", "10.0.0.0/8"), ("localhost", "10.0.0.0/8"), ("", "10.0.0.0/8")]
)
def test_what_is_no_network_is_said_with_what_was_meant(name, meant):
    with pytest.raises(SennitError) as caught:
        Networks([name])
    assert caught.value.code == "net.E027"
    assert meant in caught.value.fix


def test_ipv4_mapped_into_ipv6_is_ipv4():
    assert str(read_ip("::ffff:192.0.2.1")) == "192.0.2.1"
    assert read_ip("a.example") is None
