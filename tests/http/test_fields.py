"""The fields of an answer: what cannot go on the wire is refused where it is set (threat R7)."""

import pytest

from sennit import SennitError
from sennit.http.fields import MutableFields


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb", "\u20ac", "\r", "\n"])
def test_a_value_that_would_split_the_answer_is_refused(value):
    with pytest.raises(SennitError) as caught:
        MutableFields()["x-a"] = value
    assert caught.value.code == "http.E002"


@pytest.mark.parametrize("value", ["", "plain text", "a\tb", "caf\xe9", "\x80\xff"])
def test_others_stay_as_they_are(value):
    fields = MutableFields()
    fields["X-A"] = value
    assert fields["x-a"] == value


def test_a_default_gives_way_to_what_is_there():
    fields = MutableFields()
    fields.add("vary", "a")
    fields.add("vary", "b")
    assert fields.setdefault("Vary", "c") == "a, b"
    assert fields.setdefault("x-b", "d") == fields["x-b"] == "d"
