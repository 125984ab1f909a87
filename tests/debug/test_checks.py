import jinja2
import pytest

from sennit.debug import (
    Finding,
    check_module_names,
    check_page_hosts,
    check_templates,
    findings_of,
    is_loopback,
    render_findings,
)
from sennit.errors import SennitError

from .shop import pages

ONE = Finding(
    "route.E003", "'/users/{id}' and '/users/{name}' match the same paths", "a.py:14 and b.py:31", "use one name"
)
TWO = Finding("web.E010", "no secret")


class TestCollecting:
    def test_all_checks_run_and_each_finding_is_told_once(self):
        def raises():
            raise SennitError(code="web.E010", what="no secret")

        assert findings_of([lambda: [ONE], raises, lambda: [TWO, ONE]]) == [ONE, TWO]

    def test_a_mistake_in_a_check_is_not_swallowed(self):
        with pytest.raises(ZeroDivisionError):
            findings_of([lambda: [1 / 0]])  # type: ignore[list-item]


class TestRendering:
    def test_nothing_found_says_nothing(self):
        assert render_findings([]) == ""

    def test_codes_stand_in_one_column_and_all_are_told(self):
        assert render_findings([ONE, TWO]) == (
            "2 things to mend\n\n"
            "  route.E003  '/users/{id}' and '/users/{name}' match the same paths\n"
            "              where  a.py:14 and b.py:31\n"
            "              fix    use one name\n\n"
            "  web.E010    no secret\n\n"
            "More about one: sennit explain route.E003\n"
        )

    def test_long_texts_are_wrapped_under_their_label_and_paths_are_not_broken(self):
        path = "/very/long/" * 12
        text = render_findings([Finding("a.E001", "word " * 60, path)], width=80)
        assert path in text
        assert all(len(line) <= 80 for line in text.splitlines() if path not in line)
        assert text.splitlines()[3].startswith(" " * 10 + "word")

    def test_control_characters_and_secrets_do_not_reach_the_terminal(self):
        text = render_findings([Finding("a.E001", "\x1b[2J redis://:hunter2@db")])
        assert "\x1b" not in text
        assert "hunter2" not in text


class TestHosts:
    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
    )
    def test_loopback(self, host):
        assert is_loopback(host)
        assert check_page_hosts([host]) == []

    @pytest.mark.parametrize(
        "host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.org", "127.0.0.1.evil.org", "example.org"]
    )
    def test_all_others_would_show_error_pages_to_the_network(self, host):
        assert not is_loopback(host)
        assert check_page_hosts([host])[0].code == "debug.E001"


def test_files_that_hide_standard_modules_are_found(tmp_path):
    (tmp_path / "email.py").touch()
    (tmp_path / "shop.py").touch()
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / "__init__.py").touch()
    (tmp_path / "json").mkdir()  # without __init__.py the standard module wins
    (tmp_path / "random.txt").touch()
    found = check_module_names(tmp_path)
    assert [(f.code, f.what.split()[0]) for f in found] == [("debug.E002", "'email.py'"), ("debug.E002", "'queue'")]


def test_every_template_that_does_not_compile_is_found():
    found = check_templates(pages.templates)
    assert len(found) == 1
    assert found[0].code == "debug.E003"
    assert found[0].where.endswith("broken.html:5")
    assert check_templates(jinja2.Environment(loader=jinja2.DictLoader({"a": "{{ x }}"}))) == []
