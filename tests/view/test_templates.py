from datetime import UTC, datetime

import pytest

from sennit.errors import SennitError
from sennit.view import Templates


@pytest.fixture
def templates(tmp_path):
    def make(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.html").write_text(text)
        return Templates([tmp_path], {"site_name": "The Site"})

    return make


def test_values_are_escaped(templates):
    assert templates(a="<p>{{ x }}</p>").render("a.html", {"x": "<b>"}) == "<p>&lt;b&gt;</p>"


def test_text_templates_are_not_escaped(tmp_path):
    (tmp_path / "mail.txt").write_text("{{ x }}")
    assert Templates([tmp_path]).render("mail.txt", {"x": "a & b"}) == "a & b"


def test_globals_are_there_in_every_template(templates):
    assert templates(a="{{ site_name }}").render("a.html", {}) == "The Site"


def test_a_missing_template_names_the_nearest_and_the_folders(templates, tmp_path):
    with pytest.raises(SennitError) as caught:
        templates(article="x").render("artcle.html", {})
    assert caught.value.code == "view.E001"
    assert "'article.html'" in caught.value.what and str(tmp_path) in caught.value.where


def test_a_syntax_error_names_file_and_line(templates):
    with pytest.raises(SennitError) as caught:
        templates(a="line one\n{% if %}").render("a.html", {})
    assert caught.value.code == "view.E002" and caught.value.where.endswith("a.html:2")


def test_an_undefined_name_suggests_the_nearest_and_names_the_line(templates):
    with pytest.raises(SennitError) as caught:
        templates(a="\n\n{{ titel }}").render("a.html", {"title": "x"})
    assert caught.value.code == "view.E003"
    assert "'titel'" in caught.value.what and "'title'" in caught.value.what
    assert caught.value.where.endswith("a.html:3")


def test_testing_an_undefined_name_is_an_error_but_asking_for_it_is_not(templates):
    with pytest.raises(SennitError):
        templates(a="{% if nothing %}x{% endif %}").render("a.html", {})
    assert templates(b="{{ 'x' if nothing is defined }}{{ nothing|default('-') }}").render("b.html", {}) == "-"


def test_a_missing_attribute_suggests_the_nearest(templates):
    with pytest.raises(SennitError) as caught:
        templates(a="{{ when.yaer }}").render("a.html", {"when": datetime(2026, 1, 2, tzinfo=UTC)})
    assert caught.value.code == "view.E004" and "'year'" in caught.value.what


def test_a_one_armed_condition_gives_nothing(templates):
    assert templates(a='<li class="{{ "done" if x }}">').render("a.html", {"x": False}) == '<li class="">'


def test_dates_and_times_ago(templates):
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    text = templates(a="{{ t|date }}|{{ t|date('%Y') }}|{{ t|ago }}|{{ none|date }}").render(
        "a.html", {"t": moment, "none": None}
    )
    assert text == '2026-01-02 03:04|2026|<time datetime="2026-01-02T03:04:00Z" live-ago>2026-01-02 03:04</time>|'
