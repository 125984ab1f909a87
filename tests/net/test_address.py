import pytest

from sennit.net import Address
from sennit.net.address import address_of


@pytest.mark.parametrize(
    ("name", "text", "near"),
    [
        (("127.0.0.1", 80), "127.0.0.1:80", True),
        (("::1", 80, 0, 0), "[::1]:80", True),
        (("10.1.2.3", 80), "10.1.2.3:80", False),
        ("/run/a", "/run/a", True),
        (b"\0abstract", "\0abstract", True),
        ("", "unnamed", True),
        (None, "unnamed", True),
    ],
)
def test_an_address_is_made_of_whatever_the_system_gives(name, text, near):
    address = address_of(name)
    assert str(address) == text
    assert address.is_near is near


def test_it_is_a_tuple_of_host_and_port():
    assert Address("h", 1) == ("h", 1)
