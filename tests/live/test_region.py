import re
from types import SimpleNamespace as Item

import pytest

from sennit.errors import SennitError
from sennit.live.catalog import Catalog
from sennit.view import Templates


@pytest.fixture
def catalog(tmp_path):
    def make(text, **others):
        for name, source in {"page": text, **others}.items():
            (tmp_path / f"{name}.html").write_text(source)
        return Catalog(Templates([tmp_path], {"url_for": lambda name: f"/{name}"}))

    return make


def only_region(catalog):
    (region,) = catalog.sheet("page.html").regions
    return region


def render(catalog, **values):
    return only_region(catalog).render(catalog.templates, values)


def refused(catalog):
    with pytest.raises(SennitError) as caught:
        catalog.sheet("page.html")
    return caught.value


ROWS = "<ul>{% live for t in items key t.id %}\n <li class='a>b'>{{ t.text }}</li>\n{% else %}<li>none</li>{% endlive %}</ul>"


class TestText:
    def test_is_rendered_alone(self, catalog):
        assert render(catalog("<p>{% live %} {{ left }} left {% endlive %}</p>"), left=2).markup == "2 left"

    def test_has_the_names_it_needs(self, catalog):
        region = only_region(catalog("{% live %}{{ left }}{{ url_for('x') }}{% set a = 1 %}{{ a }}{% endlive %}"))
        assert region.names == {"left"}

    def test_names_of_what_it_includes_count(self, catalog):
        region = only_region(catalog("{% live %}{% include 'part.html' %}{% endlive %}", part="{{ deep }}"))
        assert region.names == {"deep"}

    def test_other_source_is_another_version(self, catalog):
        one = only_region(catalog("{% live %}{{ a }}{% endlive %}"))
        two = only_region(catalog("{% live %}{{ a }}!{% endlive %}"))
        assert one.version != two.version

    def test_a_missing_value_names_the_line(self, catalog):
        with pytest.raises(SennitError) as caught:
            render(catalog("\n<p>{% live %}{{ lefft }}{% endlive %}</p>"), left=2)
        assert caught.value.code == "view.E003" and caught.value.where.endswith("page.html:2")


class TestRows:
    def test_each_carries_its_key_in_its_first_tag(self, catalog):
        found = render(catalog(ROWS), items=[Item(id=1, text="<a>"), Item(id='x"y', text="b")])
        assert [row.key for row in found.rows] == ["1", 'x"y']
        assert found.rows[0].text == "<li live-key=\"1\" class='a>b'>&lt;a&gt;</li>"
        assert found.rows[1].text.startswith('<li live-key="x&#34;y"')

    def test_else_is_a_row_with_the_empty_key(self, catalog):
        assert render(catalog(ROWS), items=[]).rows == (("", '<li live-key="">none</li>'),)

    def test_the_loop_variable_works(self, catalog):
        page = catalog(
            "{% live for t in items key t %}<i>{{ loop.index }}{% if loop.last %}!{% endif %}</i>{% endlive %}"
        )
        assert [row.text for row in render(page, items=["a", "b"]).rows] == [
            '<i live-key="a">1</i>',
            '<i live-key="b">2!</i>',
        ]

    def test_a_void_element_and_nested_equal_elements_are_one_root(self, catalog):
        page = catalog(
            "{% live for t in items key t %}{% if t %}<img src=x>{% else %}<p><b><b></b></b></p>{% endif %}{% endlive %}"
        )
        assert len(render(page, items=[0, 1]).rows) == 2

    @pytest.mark.parametrize(
        "body", ["{{ t }}", "x<li></li>", "<li></li><li></li>", "<li>", "<li></li>x", "", "<br><br>"]
    )
    def test_must_be_one_element(self, catalog, body):
        with pytest.raises(SennitError) as caught:
            render(catalog("\n{% live for t in items key t %}" + body + "{% endlive %}"), items=[1])
        assert caught.value.code == "live.E006" and caught.value.where == "page.html:2"

    @pytest.mark.parametrize("keys", [[1, 1], [""]])
    def test_keys_are_distinct_and_not_empty(self, catalog, keys):
        with pytest.raises(SennitError) as caught:
            render(catalog("{% live for t in items key t %}<i></i>{% endlive %}"), items=keys)
        assert caught.value.code == "live.E003"

    def test_raw_text_inside_a_row_is_not_markup(self, catalog):
        page = catalog("{% live for t in items key t %}<li><textarea><b>a</textarea></li>{% endlive %}")
        assert len(render(page, items=[1]).rows) == 1


class TestJson:
    TEXT = "<line-chart live-own>{% live json series key id fields at, place.name %}</line-chart>"

    def test_rows_are_their_fields(self, catalog):
        found = render(catalog(self.TEXT), series=[Item(id=7, at=1.5, place=Item(name="</script>"))])
        assert found.rows == (("7", '{"at":1.5,"place.name":"</script>"}'),)
        assert found.markup == (
            '<script type="application/json">[["7",{"at":1.5,"place.name":"\\u003c/script>"}]]</script>'
        )


class TestScope:
    @pytest.mark.parametrize(
        "text",
        [
            "{% set x = 1 %}{% live %}{{ x }}{% endlive %}",
            "{% live %}{{ x }}{% endlive %}{% set x = 1 %}",
            "{% macro x() %}{% endmacro %}{% live %}{{ x() }}{% endlive %}",
            "{% import 'm.html' as x %}{% live %}{{ x.y() }}{% endlive %}",
            "{% with x = 1 %}{% live %}{{ x }}{% endlive %}{% endwith %}",
            "{% if a %}{% set x = 1 %}{% endif %}{% live for t in items key t.id %}<i>{{ x }}</i>{% endlive %}",
            "{% live %}{{ request.path }}{% endlive %}",
            "{% live %}{{ user.name }}{% endlive %}",
            "{% block b %}{% set x = 1 %}{% live %}{{ x }}{% endlive %}{% endblock %}",
        ],
    )
    def test_outer_names_are_refused_with_their_line(self, catalog, text):
        error = refused(catalog("\n" + text, m=""))
        assert error.code == "live.E001" and error.where == "page.html:2"

    @pytest.mark.parametrize(
        "text",
        [
            "{% live for user in users key user.id %}<i>{{ user.name }}</i>{% endlive %}",
            "{% live %}{% set x = 1 %}{{ x }}{% endlive %}",
            "{% for x in xs %}{{ x }}{% endfor %}{% live %}{{ x }}{% endlive %}",
            "{% live %}{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}{% endlive %}",
            "{% if a %}{% live %}{{ b }}{% endlive %}{% endif %}",
        ],
    )
    def test_its_own_names_and_the_views_values_are_fine(self, catalog, text):
        assert len(catalog(text).sheet("page.html").regions) == 1

    @pytest.mark.parametrize(
        "text",
        [
            "{% for x in xs %}{% live %}{{ y }}{% endlive %}{% endfor %}",
            "{% macro m() %}{% live %}{{ y }}{% endlive %}{% endmacro %}",
            "{% live %}{% live %}{{ y }}{% endlive %}{% endlive %}",
            "{% live %}{% block x %}{% endblock %}{% endlive %}",
        ],
    )
    def test_a_region_stands_once_and_alone(self, catalog, text):
        assert refused(catalog(text)).code == "live.E005"


class TestStanding:
    @pytest.mark.parametrize(
        "text",
        [
            "<table>{% live for t in items key t.id %}<tr></tr>{% endlive %}</table>",
            "<title>{% live %}{{ a }}{% endlive %}</title>",
            "<textarea>{% live %}{{ a }}{% endlive %}</textarea>",
            "<script>{% live %}{{ a }}{% endlive %}</script>",
            "<style>{% live %}{{ a }}{% endlive %}</style>",
            "<p class='{% live %}{{ a }}{% endlive %}'>",
            "<p {% live %}{{ a }}{% endlive %}>",
            "<!-- {% live %}{{ a }}{% endlive %} -->",
            "<div id='{{ x }}'><TABLE class='{{ y }}'>{% if z %}{% live %}{{ a }}{% endlive %}{% endif %}",
            "{% block b %}<table>{% live %}{{ a }}{% endlive %}</table>{% endblock %}",
        ],
    )
    def test_where_markers_would_not_survive_is_refused_with_the_line(self, catalog, text):
        error = refused(catalog("\n\n" + text))
        assert error.code == "live.E002" and error.where == "page.html:3"

    @pytest.mark.parametrize(
        "text",
        [
            "<table><tbody>{% live for t in items key t.id %}<tr></tr>{% endlive %}</tbody></table>",
            "<table><tr><td>{% live %}{{ a }}{% endlive %}</table>",
            "<table></table>{% live %}{{ a }}{% endlive %}",
            "<script>if (a < b) x('<table>')</script>{% live %}{{ a }}{% endlive %}",
            "<!-- <table> -->{% live %}{{ a }}{% endlive %}",
            "<p title='a > b'>{% live %}{{ a }}{% endlive %}",
            "{% if x %}<table>{% else %}<div>{% live %}{{ a }}{% endlive %}</div>{% endif %}",
        ],
    )
    def test_elsewhere_is_fine(self, catalog, text):
        assert len(catalog(text).sheet("page.html").regions) == 1


class TestSheet:
    def test_has_the_regions_of_what_it_extends_and_includes(self, catalog):
        page = catalog(
            "{% extends 'base.html' %}{% block main %}{% live %}{{ a }}{% endlive %}{% include 'part.html' %}{% endblock %}",
            base="<nav>{% live %}{{ b }}{% endlive %}</nav>{% block main %}{% endblock %}",
            part="<p>{% live %}{{ c }}{% endlive %}</p>",
        )
        sheet = page.sheet("page.html")
        assert [region.template for region in sheet.regions] == ["page.html", "base.html", "part.html"]
        assert {"a", "b", "c"} <= sheet.names and not sheet.is_open
        shown = []
        page.templates.render("page.html", {"_live_page": lambda block: shown.append(page.region(block)) or "#"})
        assert {region.template for region in shown} == {"page.html", "base.html", "part.html"}

    def test_a_reference_known_only_at_run_time_opens_it(self, catalog):
        assert catalog("{% include name %}").sheet("page.html").is_open

    def test_without_a_live_page_regions_are_rendered_in_place(self, catalog):
        text = catalog(ROWS).templates.render("page.html", {"items": [Item(id=1, text="a")]})
        assert re.sub(r"\s+", " ", text) == "<ul> <li class='a>b'>a</li> </ul>"


def test_rows_without_an_else_may_be_none_at_all(catalog):
    made = catalog("<ul>{% live for t in items key t.id %}<li>{{ t.text }}</li>{% endlive %}</ul>")
    assert "<li" not in str(render(made, items=[]))
