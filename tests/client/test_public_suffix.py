"""Domains that are nobody's alone, without the library that has the whole list."""

import pytest

from sennit.client import public_suffix


@pytest.fixture(autouse=True)
def without_the_library(monkeypatch):
    public_suffix.is_public_suffix.cache_clear()
    monkeypatch.setattr(public_suffix, "_library", lambda: None)
    yield
    public_suffix.is_public_suffix.cache_clear()


@pytest.mark.parametrize("domain", ["com", "uk", "localhost", "co.uk", "com.au", "github.io", "s3.amazonaws.com"])
def test_one_is_told(domain):
    assert public_suffix.is_public_suffix(domain)


@pytest.mark.parametrize("domain", ["example.com", "example.co.uk", "me.github.io", "co.example", "example.de"])
def test_what_somebody_owns_is_none(domain):
    assert not public_suffix.is_public_suffix(domain)
