import secrets

import pytest

from sennit.live import token as tokens
from sennit.live.token import PageInputs, PageTokens

INPUTS = PageInputs("orders", {"team": "4"}, [("status", "open"), ("q", "ä&b")])


def test_a_token_gives_back_the_inputs_it_was_made_of():
    made = PageTokens(b"secret")
    assert made.loads(made.dumps(INPUTS)) == INPUTS


def with_another_character(token):
    """Not the last one, of which base64 does not use all bits."""
    return token[:-9] + ("x" if token[-9] != "x" else "y") + token[-8:]


@pytest.mark.parametrize("change", [with_another_character, lambda t: "x" + t, lambda t: "", lambda t: t * 99])
def test_a_changed_token_gives_nothing(change):
    made = PageTokens(b"secret")
    assert made.loads(change(made.dumps(INPUTS))) is None


def test_a_token_of_another_secret_gives_nothing_and_an_old_secret_still_counts():
    old, new = PageTokens(b"old"), PageTokens([b"old", b"new"])
    assert new.loads(old.dumps(INPUTS)) == INPUTS and old.loads(new.dumps(INPUTS)) is None


def test_a_token_lives_for_a_day(monkeypatch):
    made = PageTokens(b"secret")
    token = made.dumps(INPUTS)
    monkeypatch.setattr(tokens, "LIFE_S", -1)
    assert made.loads(token) is None


def test_inputs_too_long_for_a_token_make_none():
    assert PageTokens(b"secret").dumps(INPUTS._replace(query=[("q", secrets.token_hex(5000))])) is None
