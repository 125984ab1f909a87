"""Allowed hosts (threat R4): looked at before any handler, and no URL is made of another."""

import pytest

from sennit.errors import Misdirected
from sennit.web.hosts import AllowedHosts, host_name, port_part

from .conftest import SiteClient


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("example.org", "example.org"),
        ("example.org:8000", "example.org"),
        ("EXAMPLE.org.", "example.org"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("example.org:", "example.org"),
        ("", ""),
        ("example.org:80:80", ""),
        ("example.org:8x", ""),
        ("user@example.org", ""),
        ("example.org/evil", ""),
        ("example.org, evil.example", ""),
        ("example.org evil", ""),
        ("[::1", ""),
        ("::1", ""),
        ("example.org\\@evil", ""),
        ("example.org#", ""),
    ],
)
def test_r4_a_host_is_a_name_and_perhaps_a_port(host, name):
    assert host_name(host) == name


def test_a_port_is_kept_for_links():
    assert [port_part(host) for host in ("a:80", "a", "[::1]:8000", "[::1]", "a:")] == [":80", "", ":8000", "", ""]


class TestAllowed:
    def test_names_exact_or_below_a_dot(self):
        hosts = AllowedHosts(["Example.org", ".example.net", "[::1]"])
        for host in ("example.org", "EXAMPLE.org:8000", "a.example.net", "a.b.example.net:1", "[::1]:80"):
            hosts.check(host)
        for host in ("", "example.net", "aexample.net", "sub.example.org", "example.org.evil.example", "x@example.org"):
            with pytest.raises(Misdirected):
                hosts.check(host)

    def test_international_names_are_known_in_their_ascii_form(self):
        hosts = AllowedHosts(["bücher.example"])
        hosts.check("xn--bcher-kva.example")
        with pytest.raises(Misdirected):
            hosts.check("bcher.example")

    def test_hosts_without_number_are_looked_at_without_being_kept(self):
        hosts = AllowedHosts([".example.org"])
        for number in range(1000):
            hosts.check(f"h{number}.example.org")
            with pytest.raises(Misdirected):
                hosts.check(f"h{number}.example.net")


async def test_r4_no_handler_runs_for_a_foreign_host_and_no_link_names_it(router, ask):
    seen = []

    @router.get("/")
    async def show(request):
        seen.append(request.host)
        return request.url_for(show, absolute=True)

    assert (await ask("GET", "/", host="evil.example")).status == 421
    assert (await ask("GET", "/", host="test@evil.example")).status == 421
    assert (await ask("GET", "/", host="")).status == 421
    assert seen == []
    assert (await ask("GET", "/", host="test:8000")).text == "http://test:8000/"


async def test_r4_where_every_host_is_allowed_a_client_without_one_gets_links_to_the_sites_own(router):
    from sennit.web.addresses import Origin

    @router.get("/")
    async def show(request):
        return request.url_for(show, absolute=True)

    ask = SiteClient(router, hosts=("*",), home=Origin("https", "example.org"))
    assert (await ask("GET", "/", host="")).text == "https://example.org/"
