from sennit.debug import render_problem, render_text, traceback_report
from sennit.errors import NotFound, SennitError

from .failing import INSTALLED, REQUEST, SHOP, report_of
from .shop import pages


def test_the_text_begins_with_what_happened_and_shows_the_failing_line():
    text = render_text(report_of(pages.with_secrets, request=REQUEST))
    lines = text.splitlines()
    assert lines[0] == "KeyError: 'coffe'"
    assert lines[1] == "  Did you mean 'coffee'? The keys are 'tea', 'coffee', 'cocoa'."
    at = next(n for n, line in enumerate(lines) if line.startswith("  > "))
    assert lines[at].endswith("|     return count * PRICES[name]  # in euro")
    assert lines[at + 1].index("^") == lines[at].index("PRICES")
    assert lines[at + 1].strip("| ").count("^") == len("PRICES[name]")


def test_the_text_has_the_request_and_no_secret():
    text = render_text(report_of(pages.with_secrets, request=REQUEST))
    assert "POST /reset/•••••••• " not in text
    assert "POST /reset/••••••••?draft=1&token=••••••••" in text
    assert "s3cr3t" not in text


def test_no_control_character_reaches_the_terminal():
    text = render_text(traceback_report(ValueError("\x1b[2J\x07"), root=SHOP, installed=INSTALLED))
    assert text.startswith("ValueError: ␛[2J␇\n")


def test_a_chain_reads_from_the_error_to_its_cause():
    text = render_text(report_of(pages.chained))
    assert text.index("LookupError:") < text.index("It was raised from:") < text.index("KeyError: 'coffe'")


def test_the_members_of_a_group_are_counted():
    text = render_text(report_of(pages.grouped))
    assert "── 1 of 2 ──" in text
    assert "note: while reading {'tea': 'two'}" in text


def test_a_deep_stack_is_shortened():
    assert "frames left out …" in render_text(report_of(lambda: pages.recursive(0)))


def test_a_coded_error_reads_as_in_the_terminal():
    error = SennitError(code="route.E003", what="two routes", where="a.py:1\nb.py:2", fix="rename one")
    lines = render_text(traceback_report(error, root=SHOP, installed=INSTALLED)).splitlines()
    assert lines[:5] == [
        "[route.E003] two routes",
        "  where: a.py:1",
        "         b.py:2",
        "  fix:   rename one",
        "  more:  sennit explain route.E003",
    ]


class TestProblem:  # RFC 9457
    def test_it_has_the_standard_members(self):
        document = render_problem(report_of(pages.with_secrets, request=REQUEST))
        assert document["type"] == "about:blank"
        assert (document["title"], document["status"]) == ("Internal Server Error", 500)
        assert document["detail"] == "'coffe'"
        assert document["instance"] == "/reset/••••••••"

    def test_it_says_where_and_what_may_be_meant(self):
        document = render_problem(report_of(lambda: pages.basket({"coffe": "2"})))
        assert document["exception"] == "KeyError"
        assert document["suggestion"].startswith("Did you mean 'coffee'?")
        assert document["trace"][-1] == "pages.py:39 in price_of: return count * PRICES[name]  # in euro"

    def test_a_coded_error_has_its_parts(self):
        error = SennitError(code="route.E003", what="two", where="a.py:1", fix="rename")
        document = render_problem(traceback_report(error, root=SHOP, installed=INSTALLED))
        assert (document["code"], document["where"], document["fix"]) == ("route.E003", "a.py:1", "rename")

    def test_the_status_is_that_of_a_problem(self):
        document = render_problem(traceback_report(NotFound(detail="gone"), root=SHOP, installed=INSTALLED))
        assert (document["status"], document["title"], document["detail"]) == (404, "Not Found", "gone")

    def test_causes_and_members_are_listed(self):
        assert render_problem(report_of(pages.chained))["causes"][0]["exception"] == "KeyError"
        assert len(render_problem(report_of(pages.grouped))["exceptions"]) == 2
