"""RFC 9110 §13: conditional requests, in the order of precedence of §13.2.2."""

import pytest

from sennit.http.conditions import Validators, check_conditions, if_range_holds
from sennit.http.date import http_date

NOW = 1_700_000_000
HAVE = Validators('"now"', NOW)
OLD, NEW = http_date(NOW - 10), http_date(NOW + 10)


def check(method="GET", have=HAVE, **fields):
    return check_conditions(method, {name.replace("_", "-"): value for name, value in fields.items()}, have)


class TestIfMatch:  # §13.1.1
    def test_goes_on_for_a_tag_of_the_list_and_for_the_star(self):
        assert check(if_match='"x", "now"') is None
        assert check(if_match="*") is None

    def test_fails_with_412_for_any_method(self):
        assert check(if_match='"x"') == 412
        assert check("PUT", if_match='"x"') == 412

    def test_compares_strongly(self):
        assert check(if_match='W/"now"') == 412
        assert check(have=Validators('W/"now"', NOW), if_match='W/"now"') == 412

    def test_wins_over_if_unmodified_since(self):
        assert check(if_match='"now"', if_unmodified_since=OLD) is None


class TestIfUnmodifiedSince:  # §13.1.4
    def test_fails_after_a_change(self):
        assert check(if_unmodified_since=OLD) == 412
        assert check(if_unmodified_since=http_date(NOW)) is None
        assert check(if_unmodified_since=NEW) is None

    def test_is_ignored_when_it_is_no_date_or_nothing_is_known(self):
        assert check(if_unmodified_since="yesterday") is None
        assert check(have=Validators('"x"'), if_unmodified_since=OLD) is None


class TestIfNoneMatch:  # §13.1.2
    def test_answers_304_to_get_and_head_and_412_to_the_rest(self):
        assert check(if_none_match='"x", "now"') == 304
        assert check("HEAD", if_none_match="*") == 304
        assert check("PUT", if_none_match="*") == 412

    def test_compares_weakly(self):
        assert check(if_none_match='W/"now"') == 304

    def test_wins_over_if_modified_since(self):
        assert check(if_none_match='"x"', if_modified_since=NEW) is None

    def test_comes_after_what_must_hold(self):
        assert check(if_match='"x"', if_none_match='"now"') == 412
        assert check(if_unmodified_since=OLD, if_none_match='"now"') == 412


class TestIfModifiedSince:  # §13.1.3
    def test_answers_304_without_a_change(self):
        assert check(if_modified_since=http_date(NOW)) == 304
        assert check("HEAD", if_modified_since=NEW) == 304
        assert check(if_modified_since=OLD) is None

    def test_counts_for_get_and_head_only(self):
        assert check("POST", if_modified_since=NEW) is None

    def test_is_ignored_when_it_is_no_date(self):
        assert check(if_modified_since="now") is None


class TestIfRange:  # §13.1.5
    @pytest.mark.parametrize(
        ("value", "have", "holds"),
        [
            ('"now"', HAVE, True),
            ('"old"', HAVE, False),
            ('W/"now"', HAVE, False),
            ('W/"now"', Validators('W/"now"', NOW), False),
            (http_date(NOW), HAVE, True),
            (OLD, HAVE, False),
            (NEW, HAVE, False),
            ("nonsense", HAVE, False),
            (http_date(NOW), Validators('"now"'), False),
        ],
        ids=range(9),
    )
    def test_holds_only_for_certain(self, value, have, holds):
        assert if_range_holds({"if-range": value}, have, now=NOW + 60) is holds

    def test_without_it_a_range_counts(self):
        assert if_range_holds({}, HAVE)

    def test_a_date_within_its_own_second_is_not_certain(self):  # §8.8.2.2
        assert not if_range_holds({"if-range": http_date(NOW)}, HAVE, now=NOW + 0.5)
