from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.auth.same_site import same_site_path


@pytest.mark.parametrize("target", ["/", "/a", "/a/b?c=d&e=/f#g", "/a?next=https://x", "/caf%C3%A9", "/a//b"])
def test_a_path_of_this_site_is_followed(target):
    assert same_site_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "a",
        "//evil",
        "///evil",
        "/\\evil",
        "\\evil",
        "\\\\evil",
        "https:evil",
        "https://evil",
        "http:/evil",
        "javascript:alert(1)",
        " /a",
        "/\t/evil",
        "/%09/evil",
        "/\n/evil",
        "/%2fevil",
        "/%5cevil",
        "/%0d%0aset-cookie:x",
        "/a\r\nset-cookie: x",
        "/a b",
        "/a\\b",
        "user@evil",
        "//user@evil",
        "/" + "x" * 3000,
        "/\u2028/evil",
        "/é",
    ],
)
def test_anything_that_could_lead_elsewhere_leads_to_the_default(target):
    assert same_site_path(target, "/home") == "/home"


@given(st.text(alphabet="/\\:@.?#%25fc09evil \t\r\nhtps", max_size=30))
def test_whatever_is_given_the_browser_stays_here(target):
    followed = urljoin("https://here.example/login", same_site_path(target))
    assert urlsplit(followed)[:2] == ("https", "here.example")
