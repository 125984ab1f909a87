"""The newsroom's corpus: enough, varied, the same every time, and without seams."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"
NOW = datetime(2025, 3, 14, 15, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def storybook() -> Iterator[Any]:
    sys.path.insert(0, str(NEWSROOM))
    try:
        import storybook

        yield storybook
    finally:
        sys.path.remove(str(NEWSROOM))


@pytest.fixture(scope="module")
def drafts(storybook: Any) -> list[Any]:
    return list(storybook.drafts(NOW))


def test_there_are_enough_stories_in_each_of_the_six_sections(drafts: list[Any]) -> None:
    counts = Counter(draft.section.value for draft in drafts)
    assert len(drafts) >= 240
    assert len(counts) == 6
    assert min(counts.values()) >= 30


def test_no_headline_standfirst_or_text_is_there_twice(drafts: list[Any]) -> None:
    for name in ("title", "standfirst", "text"):
        most = Counter(getattr(draft, name) for draft in drafts).most_common(1)[0]
        assert most[1] == 1, most[0]


def test_no_opening_paragraph_is_there_twice(drafts: list[Any]) -> None:
    assert len({draft.text.split("\n\n")[0] for draft in drafts}) == len(drafts)


def test_every_story_has_several_paragraphs_and_no_blank_left(drafts: list[Any]) -> None:
    for draft in drafts:
        assert draft.text.count("\n\n") >= 4
        assert not re.search(r"[{}|]|\.\.|  ", draft.text), draft.text


def test_everything_fits_its_column(drafts: list[Any]) -> None:
    for draft in drafts:
        assert len(draft.title) <= 120
        assert len(draft.standfirst) <= 200
        assert all(len(remark.name) <= 40 and len(remark.text) <= 2000 for remark in draft.remarks)


def test_times_are_in_order_and_spread_over_the_last_days(drafts: list[Any]) -> None:
    times = [draft.at for draft in drafts]
    assert times == sorted(times)
    assert times[-1] < NOW
    assert timedelta(days=4) < NOW - times[0] < timedelta(days=8)
    assert all(draft.at < draft.at + remark.after <= NOW for draft in drafts for remark in draft.remarks)


def test_the_same_seed_gives_the_same_stories(storybook: Any, drafts: list[Any]) -> None:
    assert list(storybook.drafts(NOW)) == drafts


def test_the_weekday_in_a_text_is_the_one_of_its_time(storybook: Any, drafts: list[Any]) -> None:
    with_day = [draft for draft in drafts if re.search(r"\bon \w+day\b", draft.text.split("\n\n")[0])]
    assert len(with_day) > 100
    for draft in with_day:
        assert storybook.WEEKDAYS[draft.at.weekday()] in draft.text.split("\n\n")[0]


def test_every_picture_that_a_story_can_have_is_there_and_small(storybook: Any) -> None:
    for picture in storybook.Picture:
        drawing = NEWSROOM / "static" / "art" / f"{picture.value}.svg"
        assert drawing.is_file()
        assert drawing.stat().st_size < 10_000
