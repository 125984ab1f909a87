"""The kept corpus, and a few thousand steps of the run that `make fuzz` makes a million of."""

import json
import os
from pathlib import Path

import pytest

from fuzz.oracle import STRICTER, complaint
from fuzz.parsers import CLOSED, WHOLE, by_h11, by_llhttp, ours
from fuzz.run import fuzz
from plain_source import plain_source

HERE = Path(__file__).parent
KEPT = {path.stem: path.read_bytes() for path in sorted((HERE / "corpus").glob("*.http"))}
HEADS = {
    message["name"]: message["data"].encode("latin-1")
    for message in map(json.loads, (HERE.parent / "protocols" / "http1" / "corpus.jsonl").read_text().splitlines())
}
STEPS = 4000


@pytest.mark.parametrize("name", [*KEPT, *HEADS])
def test_r01_what_we_accept_is_framed_the_same_by_h11_and_llhttp(name):
    assert complaint((KEPT | HEADS)[name]) is None


def test_the_corpus_has_both_kinds():
    ends = [ours(data).end for data in HEADS.values()]
    assert ends.count(WHOLE) + ends.count(CLOSED) > 15
    assert len(ends) - ends.count(WHOLE) - ends.count(CLOSED) > 50


@pytest.mark.parametrize("reason", STRICTER, ids=lambda reason: f"{reason.parser}: {reason.why}")
def test_each_reason_of_the_others_is_needed(reason):
    """A message of the corpus that we take, and that parser for that reason does not."""
    parser = {"h11": by_h11, "llhttp": by_llhttp}[reason.parser]
    for data in KEPT.values():
        mine, theirs = ours(data), parser(data)
        if len(theirs.requests) < len(mine.requests):
            begin, end = mine.begins[len(theirs.requests) :][:2]
            if reason.applies(data[begin:end], data[:begin]):
                return
    pytest.fail("no file of the corpus shows it")


def test_r55_the_twins_say_the_same_and_nobody_frames_differently(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    plain = plain_source(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    told = []
    assert list(fuzz(1, STEPS, plain, told.append)) == []
    assert told[-1] == STEPS
