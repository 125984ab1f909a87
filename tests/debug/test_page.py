import re

import lxml.html
import pytest

from sennit.debug import page_policy, render_page, traceback_report
from sennit.errors import SennitError

from .failing import INSTALLED, REQUEST, SHOP, report_of
from .shop import pages


def page(fn, **options):
    return render_page(report_of(fn, request=REQUEST), nonce="n0nce", **options)


def tree(fn, **options):
    return lxml.html.document_fromstring(page(fn, **options))


CASES = [
    lambda: pages.basket({"coffe": "2"}),
    pages.chained,
    pages.grouped,
    lambda: pages.recursive(0),
    lambda: pages.templates.get_template("broken.html"),
]


@pytest.mark.parametrize("case", CASES)
def test_the_page_needs_no_other_request_and_no_script(case):
    document = tree(case)
    assert not document.xpath(
        "//script | //img | //iframe | //object | //link[not(starts-with(@href, 'data:'))] | //form"
    )
    assert not document.xpath("//@*[starts-with(name(), 'on') or name() = 'style' or name() = 'src']")
    assert "url(" not in document.xpath("string(//style)")
    assert "@import" not in document.xpath("string(//style)")


@pytest.mark.parametrize("case", CASES)
def test_every_element_is_closed_where_it_was_opened(case):
    opened: list[str] = []
    void = {"meta", "link", "path"}
    for closing, name in re.findall(r"<(/?)([a-z][a-z0-9]*)[^>]*>", page(case)):
        if name in void:
            continue
        if closing:
            assert opened.pop() == name
        else:
            opened.append(name)
    assert opened == []


def test_the_style_has_the_nonce_that_the_policy_names():
    assert tree(CASES[0]).xpath("//style/@nonce") == ["n0nce"]
    assert "style-src 'nonce-n0nce'" in page_policy("n0nce")
    assert "default-src 'none'" in page_policy("n0nce")


def test_everything_that_others_can_choose_is_escaped():
    evil = "<script>alert(1)</script>\"'><b x=\x1b"
    report = traceback_report(
        SennitError(code=evil, what=evil, where=evil, fix=evil),
        root=SHOP,
        request=type(REQUEST)(
            method=evil, path=evil, query=f"{evil}={evil}", headers=[(evil, evil)], cookies={evil: evil}, params={evil: evil},
            form=[(evil, evil)], client=evil, id=evil, route=evil, facts=[(evil, evil)],
        ),
        installed=INSTALLED,
    )  # fmt: skip
    html = render_page(report, nonce="n")
    assert "<script" not in html
    assert "<b x" not in html
    assert "\x1b" not in html
    assert "&lt;script&gt;" in html


def test_values_and_source_are_escaped():
    value = "<script>alert(1)</script>"
    html = page(lambda: pages.price_of(value, 1))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_no_secret_is_in_the_page():
    html = page(pages.with_secrets)
    for secret in ("hunter2", "sk-abcdef", "s3cr3t", "eyJ1", "dXNlc", "abc123"):
        assert secret not in html


def test_the_failing_expression_is_marked_and_its_frame_open():
    document = tree(lambda: pages.basket({"coffe": "2"}))
    opened = document.xpath("//details[contains(@class, 'frame')][@open]")
    assert [frame.xpath("string(.//*[@class='function'])") for frame in opened] == ["price_of"]
    assert opened[0].xpath("string(.//mark)") == "PRICES[name]"


def test_copied_source_has_no_line_numbers():
    source = tree(lambda: pages.price_of("x", 1)).xpath("//pre[@class='source']")[0]
    assert source.text_content().startswith("def price_of")


def test_library_frames_are_folded_into_one_line():
    folds = tree(lambda: pages.templates.get_template("broken.html")).xpath("//details[@class='fold']/summary")
    assert any("jinja2" in fold.text_content() for fold in folds)


def test_every_link_inside_the_page_has_its_target():
    document = tree(pages.chained)
    targets = {target[1:] for target in document.xpath("//a/@href") if target.startswith("#")}
    assert targets == {"stack", "request", "environment", "as-text", "exception-1"}
    assert targets <= set(document.xpath("//@id"))


def test_a_coded_error_shows_its_fix_and_the_page_of_its_code():
    error = SennitError(code="debug.E002", what="w", where="a.py:3", fix="rename it")
    document = lxml.html.document_fromstring(
        render_page(traceback_report(error, root=SHOP, installed=INSTALLED), nonce="n")
    )
    assert document.xpath("string(//*[@class='fix'])") == "Fixrename it"
    assert "git mv email.py" in document.xpath("string(//*[@class='about'])")


def test_the_place_that_a_coded_error_names_stands_before_the_calls():
    error = SennitError(code="route.E003", what="w", where="pages.py:10")
    html = render_page(traceback_report(error, root=SHOP, installed=INSTALLED), nonce="n")
    assert html.index("Look here") < html.index("<b>pages.py</b>:10") < html.index("never raised")


def test_a_coded_error_without_a_page_says_how_to_read_about_it():
    html = render_page(
        traceback_report(SennitError(code="x.E999", what="w"), root=SHOP, installed=INSTALLED), nonce="n"
    )
    assert "sennit explain x.E999" in html


def test_places_open_an_editor_when_its_address_is_given():
    links = tree(CASES[0], editor_url="vscode://file/{file}:{line}").xpath("//*[@class='place']/a/@href")
    assert links[0].startswith("vscode://file/")
    assert links[0].endswith("/pages.py:39")
    assert not tree(CASES[0], editor_url="javascript:alert('{file}')").xpath("//*[@class='place']/a")


def test_the_page_encodes_whatever_the_error_says():
    error = ValueError("lone \ud800 surrogate")
    render_page(traceback_report(error, root=SHOP, installed=INSTALLED), nonce="n").encode()


def test_a_page_of_a_deep_stack_stays_small():
    assert len(page(lambda: pages.recursive(0))) < 200_000
