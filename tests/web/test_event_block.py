"""One server-sent event on the wire (HTML standard §9.2.5)."""

from dataclasses import dataclass

import pytest

from sennit import SennitError
from sennit.web import Comment
from sennit.web.event_block import encode_event


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("item", "block"),
    [
        ("hello", "data: hello\n\n"),
        ("", "data: \n\n"),
        ("zoë", "data: zoë\n\n"),
        ("a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (7, "data: 7\n\n"),
        (None, "data: null\n\n"),
        ([1, "a"], 'data: [1,"a"]\n\n'),
        (Point(1), 'data: {"x":1}\n\n'),
        ({"x": 1}, 'data: {"x":1}\n\n'),
        ({}, "data: {}\n\n"),
        ({"data": "x", "more": 1}, 'data: {"data":"x","more":1}\n\n'),
        ({"event": "tick", "id": 7, "retry": 2000, "data": [1]}, "event: tick\nid: 7\nretry: 2000\ndata: [1]\n\n"),
        ({"event": "tick"}, "event: tick\ndata: \n\n"),
        ({"event": None, "id": "", "data": "x"}, "id: \ndata: x\n\n"),
        ({"retry": 0}, "retry: 0\n\n"),
        (Comment("for\npeople"), ": for\n: people\n\n"),
    ],
    ids=str,
)
def test_an_item_becomes_a_block(item, block):
    assert encode_event(item).decode() == block


@pytest.mark.parametrize("name", ["event", "id"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\0"], ids=["LF", "CR", "CRLF", "NUL"])
def test_no_second_line_enters_by_a_name_or_an_id(name, sign):
    with pytest.raises(SennitError) as caught:
        encode_event({name: f"a{sign}data: forged", "data": 1})
    assert caught.value.code == "web.E050"


@pytest.mark.parametrize("retry", [-1, 1.5, "10", True], ids=str)
def test_retry_is_whole_milliseconds(retry):
    with pytest.raises(SennitError, match="milliseconds"):
        encode_event({"retry": retry})
