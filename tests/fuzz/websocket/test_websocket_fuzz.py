"""The kept corpus, and a few thousand steps of the run that `make fuzz-websocket` makes a million of."""

import os
from pathlib import Path

import pytest

from fuzz.run import KINDS, fuzz
from fuzz.websocket.endpoints import CLOSED, REFUSED, WAITING, ours
from fuzz.websocket.oracle import ORACLES, REASONS, Case, complaint, frames_of, reasons_of
from fuzz.websocket.worker import corpus, is_like
from plain_source import plain_source

KEPT = dict(
    zip((path.stem for path in sorted(Path(__file__).parent.joinpath("corpus").glob("*.ws"))), corpus(), strict=True)
)
STEPS = 4000


@pytest.mark.parametrize("name", KEPT)
def test_r23_what_is_delivered_and_refused_is_so_elsewhere(name):
    setting, data = KEPT[name]
    assert complaint(setting, data, ours(setting, [data])[0]) is None


@pytest.mark.parametrize("name", KEPT)
def test_r23_it_is_the_same_cut_at_every_octet(name):
    setting, data = KEPT[name]
    pieces = [data[at : at + 1] for at in range(len(data))]
    assert is_like(ours(setting, [data])[0], ours(setting, pieces)[0])


def test_the_corpus_has_all_ends():
    ends = [ours(setting, [data])[0] for setting, data in KEPT.values()]
    assert {end.end for end in ends} == {WAITING, CLOSED, REFUSED}
    assert {end.code for end in ends if end.end == REFUSED} == {1002, 1007, 1008, 1009}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.oracle or 'either'}: {reason.why}")
def test_each_reason_of_the_others_is_needed(reason):
    """A stream of the corpus which is read otherwise elsewhere, for that reason alone."""
    for setting, data in KEPT.values():
        mine = ours(setting, [data])[0]
        for name, parse in ORACLES.items():
            case = Case(setting, list(frames_of(setting, data)), mine, parse(setting, data))
            if case.theirs != mine and reasons_of(name, case) == [reason]:
                return
    pytest.fail("no file of the corpus shows it")


def test_r55_the_twins_of_the_endpoint_say_the_same_and_so_do_others(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    plain = plain_source(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    told = []
    assert list(fuzz(1, STEPS, plain, told.append, KINDS["websocket"])) == []
    assert told[-1] == STEPS
