"""`Vary`: each name once, whatever stands there already."""

import pytest

from sennit.http.fields import MutableFields
from sennit.http.vary import add_vary


@pytest.mark.parametrize(
    ("there", "name", "result"),
    [
        ([], "origin", "origin"),
        (["Accept"], "origin", "accept, origin"),
        (["accept, Origin"], "origin", "accept, Origin"),
        (["accept", "cookie"], "origin", "accept, cookie, origin"),
        (["*"], "origin", "*"),
    ],
)
def test_a_name_is_added_once(there, name, result):
    fields = MutableFields()
    for value in there:
        fields.add("vary", value)
    add_vary(fields, name)
    assert fields["vary"] == result
