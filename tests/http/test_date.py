"""RFC 9110 §5.6.7."""

import time

import pytest

from sennit.http.date import http_date, parse_http_date

MOMENT = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the RFC's example


def test_an_imf_fixdate_is_written():
    assert http_date(MOMENT) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_all_three_forms_are_read(text):
    assert parse_http_date(text) == MOMENT


def test_a_two_digit_year_is_at_most_fifty_years_ahead():
    year = time.gmtime().tm_year + 60
    moment = parse_http_date(f"Sunday, 06-Nov-{year % 100:02} 08:49:37 GMT")
    assert moment is not None and time.gmtime(moment).tm_year == year - 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "x" * 100_000,
    ],
    ids=range(10),
)
def test_anything_else_is_no_date(text):
    assert parse_http_date(text) is None
