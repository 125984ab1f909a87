"""The table of the states of an answer."""

import pytest

from sennit.protocols.http1 import ANSWERS, LocalProtocolError, advance
from sennit.protocols.http1.answer import CUT, DONE, STREAMING, SWITCHED, WAITING

STEPS = sorted({step for steps in ANSWERS.values() for step in steps})


def test_every_state_that_is_reached_is_in_the_table():
    assert {after for steps in ANSWERS.values() for after in steps.values()} <= set(ANSWERS)


def test_every_state_is_reached_from_waiting():
    reached, todo = set(), [WAITING]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo.extend(ANSWERS[state].values())
    assert reached == set(ANSWERS) == {WAITING, STREAMING, DONE, SWITCHED, CUT}


@pytest.mark.parametrize(("state", "step"), [(state, step) for state in ANSWERS for step in STEPS])
def test_a_step_leads_where_the_table_says_or_is_refused_with_what_is_possible(state, step):
    if step in ANSWERS[state]:
        assert advance(state, step) == ANSWERS[state][step]
        return
    with pytest.raises(LocalProtocolError, match=state) as caught:
        advance(state, step)
    assert caught.value.code == "http.E010"
    assert all(possible in caught.value.fix for possible in ANSWERS[state])
