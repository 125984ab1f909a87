"""The index of who read what: nobody whom a change may concern is left out, and hardly anybody else is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.live.reads import ReadIndex, TopicRead
from sennit.model import Change, TableRead, change_matches


class Holder:
    def __init__(self):
        self.touches = 0

    def touched(self):
        self.touches += 1


VALUES = st.sampled_from([1, 2, None])
EQUALS = st.frozensets(st.tuples(st.sampled_from(["a", "b"]), VALUES), max_size=2)
READS = st.builds(
    TableRead, st.sampled_from(["t", "u", "*"]), EQUALS, st.sampled_from([None, frozenset("a"), frozenset("c")])
)
SIDES = st.dictionaries(st.sampled_from(["a", "b"]), VALUES)
CHANGES = st.builds(
    Change,
    st.none(),
    st.sampled_from(["t", "u", "*"]),
    st.sampled_from(["insert", "update", "delete", "any"]),
    st.none(),
    st.sampled_from([None, frozenset("a"), frozenset("c")]),
    SIDES,
    SIDES,
)


@given(st.lists(st.frozensets(READS, min_size=1, max_size=3), max_size=6), st.lists(CHANGES, min_size=1, max_size=4))
def test_exactly_those_whom_a_change_may_concern_are_touched_once(read_sets, changes):
    index, holders = ReadIndex(), [Holder() for _ in read_sets]
    for holder, reads in zip(holders, read_sets, strict=True):
        index.set(holder, reads, index.position)
    index.apply(changes)
    for holder, reads in zip(holders, read_sets, strict=True):
        assert holder.touches == any(change_matches(read, change) for read in reads for change in changes)


@given(st.lists(st.frozensets(READS, max_size=3), max_size=6))
def test_what_is_removed_leaves_nothing_behind(read_sets):
    index, holders = ReadIndex(), [Holder() for _ in read_sets]
    for holder, reads in zip(holders, read_sets, strict=True):
        index.set(holder, reads, 0)
        index.set(holder, reads, 0)
    for holder in holders:
        index.remove(holder)
        index.remove(holder)
    assert not index._reads and not index._wide
    assert not any(values for columns in index._by_value.values() for values in columns.values())


INSERT = Change(None, "t", "insert", new={"a": 1})


def test_a_change_between_reading_and_registering_is_not_lost():
    index, holder = ReadIndex(), Holder()
    since = index.position
    index.apply([INSERT])
    index.set(holder, {TableRead("t")}, since)
    assert holder.touches == 1


def test_an_older_change_is_not_taken_for_a_new_one():
    index, holder = ReadIndex(), Holder()
    index.apply([INSERT])
    index.set(holder, {TableRead("t")}, index.position)
    index.set(holder, {TableRead("u")}, 0)
    assert holder.touches == 0


def test_more_changes_than_are_remembered_count_as_missed():
    index, holder = ReadIndex(), Holder()
    for _ in range(1100):
        index.apply([INSERT])
    index.set(holder, {TableRead("u")}, 0)
    assert holder.touches == 1


def test_topics_are_apart_from_tables():
    index, holder, other = ReadIndex(), Holder(), Holder()
    index.set(holder, {TopicRead("topic:t")}, 0)
    index.set(other, {TableRead("t")}, 0)
    index.apply([INSERT])
    assert (holder.touches, other.touches) == (0, 1)
    index.touch("topic:t")
    assert (holder.touches, other.touches) == (1, 1)


def test_all_are_touched_when_something_may_have_been_missed():
    index, holder = ReadIndex(), Holder()
    index.set(holder, {TableRead("t", frozenset({("a", 1)}))}, 0)
    index.touch_all()
    assert holder.touches == 1


@pytest.mark.parametrize("value", [1, "x"])
def test_many_values_cost_one_look_up(value):
    index, holders = ReadIndex(), [Holder() for _ in range(1000)]
    for number, holder in enumerate(holders):
        index.set(holder, {TableRead("t", frozenset({("a", number)}))}, 0)
    assert len(list(index._candidates(Change(None, "t", "insert", new={"a": value})))) <= 1
