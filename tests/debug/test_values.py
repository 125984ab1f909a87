import datetime as dt
import decimal
import enum
import time
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec
import pytest

from sennit.debug.masking import MASK
from sennit.debug.values import MOST_CHARACTERS, describe, fields_of, type_name

Point = namedtuple("Point", "x y")  # noqa: PYI024


class Colour(enum.IntEnum):
    RED = 1


class Struct(msgspec.Struct):
    name: str
    token: str


@dataclass
class Account:
    name: str
    password: str
    inner: "Account | None" = None


class Slotted:
    __slots__ = ("empty", "size")

    def __init__(self):
        self.size = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (7, "7"),
        (1.5, "1.5"),
        ("a'b", '"a\'b"'),
        (b"ab\x00", "b'ab\\x00'"),
        ([1, [2]], "[1, [2]]"),
        ((1,), "(1,)"),
        ((), "()"),
        ({"a": 1}, "{'a': 1}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (deque([1]), "deque([1])"),
        (OrderedDict(a=1), "OrderedDict{'a': 1}"),
        (defaultdict(list, a=[1]), "defaultdict{'a': [1]}"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (Colour.RED, "Colour.RED"),
        (decimal.Decimal("1.50"), "Decimal('1.50')"),
        (dt.date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (PurePosixPath("/a"), "PurePosixPath('/a')"),
        (ValueError("no", 1), "ValueError('no', 1)"),
        (Slotted(), "Slotted(size=3)"),
        (object(), "<object>"),
        (int, "<class builtins.int>"),
        (len, "<built-in function len>"),
        (..., "..."),
    ],
)
def test_a_value_is_written_shortly(value, text):
    assert describe(value) == text


class TestSecrets:
    def test_a_value_under_a_secret_name_is_hidden(self):
        assert describe("hunter2", name="password") == MASK
        assert describe({"user": "ann", "api_key": "k"}) == f"{{'user': 'ann', 'api_key': {MASK}}}"
        assert describe(Account("ann", "hunter2")) == f"Account(name='ann', password={MASK}, inner=None)"
        assert describe(Struct("ann", "t")) == f"Struct(name='ann', token={MASK})"

    def test_an_empty_secret_is_shown_as_it_may_be_the_mistake(self):
        assert describe(None, name="password") == "None"
        assert describe("", name="token") == "''"

    def test_a_header_line_is_hidden_by_its_name(self):
        assert describe([(b"cookie", b"a=1"), ("host", "x")]) == f"[(b'cookie', {MASK}), ('host', 'x')]"

    def test_the_password_of_a_url_is_hidden_in_text_bytes_and_fields(self):
        for value in ("redis://:hunter2@db", b"redis://:hunter2@db", Account("redis://:hunter2@db", "")):
            assert "hunter2" not in describe(value)


class TestBounds:
    def test_a_text_of_ten_megabytes_is_cut_and_its_length_told(self):
        text = describe("x" * 10_000_000)
        assert len(text) < MOST_CHARACTERS
        assert text.endswith("… (10,000,000 characters)")

    def test_a_huge_integer_is_not_written_in_digits(self):
        assert describe(1 << 5_000_000) == "<an integer of 5,000,001 bits>"

    @pytest.mark.parametrize("value", [list(range(10**6)), {n: n for n in range(10**5)}, [["x" * 99] * 99] * 99])
    def test_a_large_container_is_cut(self, value):
        assert len(describe(value)) < MOST_CHARACTERS + 300

    def test_a_list_that_holds_itself_ends(self):
        loop: list[object] = []
        loop.append(loop)
        assert "… 1 items" in describe(loop)

    def test_an_object_inside_another_is_only_named_unless_it_is_a_record(self):
        outer = type("Outer", (), {})()
        outer.inner = type("Inner", (), {})()
        outer.inner.size = 1
        outer.account = Account("ann", "x")
        assert (
            describe(outer)
            == f"{type(outer).__qualname__}(inner=<Inner>, account=Account(name='ann', password={MASK}, inner=None))"
        )


class TestHostileObjects:
    def test_no_method_of_the_program_is_called(self):
        called = []

        def note(*arguments):
            called.append(arguments)
            raise RuntimeError("never to be called")

        names = ["__repr__", "__str__", "__iter__", "__len__", "__getattr__", "__getattribute__", "__dir__", "__bool__"]
        names += ["__hash__", "__eq__", "__class_getitem__", "__format__", "__getitem__"]
        for base in (object, dict, list, tuple, str, int, set, Exception):
            hostile = type("Hostile", (base,), dict.fromkeys(names, note))
            assert describe(hostile.__new__(hostile))
            assert type_name(hostile.__new__(hostile))
        assert called == []

    def test_a_property_named_dict_and_a_lying_class_are_seen_through(self):
        class Lying:
            __class__ = property(lambda self: 1 / 0)  # type: ignore[assignment]
            __dict__ = property(lambda self: 1 / 0)  # type: ignore[assignment]

        assert describe(Lying()).startswith("<")
        assert list(fields_of(Lying())) is not None

    def test_a_repr_that_never_ends_costs_nothing(self):
        class Endless:
            def __repr__(self):
                while True:
                    pass

        begun = time.perf_counter()
        assert describe([Endless()] * 100).startswith("[<")
        assert time.perf_counter() - begun < 0.5

    def test_control_characters_do_not_reach_a_terminal(self):
        thing = type("T", (), {})()
        vars(thing)["\x1b[2J"] = 1
        assert "\x1b" not in describe(thing)
        assert "\x1b" not in describe("\x1b[2J")
