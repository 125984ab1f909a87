import asyncio
from pathlib import Path

import pytest

from sennit.debug import RequestSummary, traceback_report
from sennit.debug.frames import MOST_FRAMES_FIRST, MOST_FRAMES_LAST, ownership, short_place
from sennit.errors import NotFound, SennitError

from .failing import INSTALLED, REQUEST, SHOP, report_of
from .shop import pages


def everything(report):
    return repr(report)


class TestFrames:
    def test_the_spot_is_the_innermost_frame_of_the_program(self):
        spot = report_of(lambda: pages.basket({"coffe": "2"})).main.spot
        assert (spot.place, spot.function, spot.kind) == ("pages.py", "price_of", "app")
        assert spot.code == "return count * PRICES[name]  # in euro"
        assert spot.expression == "PRICES[name]"

    def test_values_of_the_failing_line_come_first_and_globals_among_them_are_shown(self):
        values = report_of(lambda: pages.price_of("coffe", 2)).main.spot.locals
        assert {v.name: v.text for v in values if v.used} == {
            "name": "'coffe'",
            "count": "2",
            "PRICES": "{'tea': 4, 'coffee': 5, 'cocoa': 3}",
        }

    def test_only_the_lines_of_the_function_are_shown(self):
        numbers = [line.text for line in report_of(lambda: pages.price_of("coffe", 2)).main.spot.source]
        assert numbers[0].startswith("def price_of")
        assert numbers[-1] == "    return count * PRICES[name]  # in euro"

    def test_a_method_has_its_qualified_name(self):
        assert report_of(pages.forgotten_self).main.spot.function == "Story.headline"

    def test_files_outside_the_root_belong_to_libraries(self, tmp_path):
        frame = report_of(lambda: pages.price_of("coffe", 1), root=tmp_path).main.frames[-1]
        assert (frame.kind, frame.package) == ("library", "shop")

    @pytest.mark.parametrize(
        ("file", "kind", "package", "place"),
        [
            ("/p/app.py", "app", "", "app.py"),
            ("/p/shop/views.py", "app", "", "shop/views.py"),
            ("/p/.venv/lib/python3.11/site-packages/attr/_make.py", "library", "attr", "attr/_make.py"),
            ("/usr/lib/python3/dist-packages/six.py", "library", "six", "six.py"),
            (asyncio.__file__, "library", "asyncio", "asyncio/__init__.py"),
            ("<frozen importlib._bootstrap>", "library", "generated code", "<frozen importlib._bootstrap>"),
        ],
    )
    def test_whose_file_it_is(self, file, kind, package, place):
        assert ownership(file, Path("/p")) == (kind, package)
        assert short_place(file, Path("/p")) == place

    def test_sennit_itself_is_a_library_also_where_it_lies_in_the_project(self):
        import sennit.errors as module

        root = Path(module.__file__).parents[2]
        assert ownership(module.__file__, root) == ("library", "sennit")
        assert short_place(module.__file__, Path("/p")) == "sennit/errors.py"

    def test_a_very_deep_stack_is_cut_in_its_middle(self):
        main = report_of(lambda: pages.recursive(0)).main
        assert len(main.frames) == MOST_FRAMES_FIRST + MOST_FRAMES_LAST
        assert main.left_out > 500

    def test_a_coroutine_s_frames_are_those_that_awaited(self):
        frames = report_of(lambda: asyncio.run(pages.awaited())).main.frames
        assert [f.function for f in frames if f.kind == "app"] == ["awaited", "_deeper"]

    def test_an_exception_that_was_never_raised_has_no_frames(self):
        main = traceback_report(ValueError("x"), root=SHOP, installed=INSTALLED).main
        assert (main.frames, main.spot, main.title) == ((), None, "ValueError: x")


class TestChains:
    def test_a_cause_follows_with_its_own_frames(self):
        chain = report_of(pages.chained).chain
        assert [(e.type, e.relation) for e in chain] == [("LookupError", ""), ("KeyError", "cause")]
        assert chain[1].spot.function == "price_of"

    def test_what_was_being_handled_follows_as_context(self):
        def fail():
            try:
                pages.price_of("coffe", 1)
            finally:
                1 / 0  # noqa: B018

        assert [e.relation for e in report_of(fail).chain] == ["", "context"]

    def test_from_none_ends_the_chain(self):
        def fail():
            try:
                pages.price_of("coffe", 1)
            except KeyError:
                raise ValueError("x") from None

        assert len(report_of(fail).chain) == 1

    def test_a_circle_of_causes_ends(self):
        first, second = ValueError("a"), ValueError("b")
        first.__cause__, second.__cause__ = second, first
        assert len(traceback_report(first, root=SHOP, installed=INSTALLED).chain) == 2

    def test_a_group_has_its_members_with_notes(self):
        members = report_of(pages.grouped).main.members
        assert [m.type for m in members] == ["KeyError", "ValueError"]
        assert members[0].notes == ("while reading {'coffe': '2'}",)
        assert members[0].suggestion

    def test_groups_of_groups_are_bounded(self):
        group = ExceptionGroup("g", [ValueError(str(n)) for n in range(1000)])
        outer = ExceptionGroup("o", [group] * 50)
        main = traceback_report(outer, root=SHOP, installed=INSTALLED).main
        assert len(everything(main)) < 100_000
        assert main.members_left_out > 0


class TestFilesThatDoNotCompile:
    def test_a_syntax_error_shows_its_line_and_column(self, tmp_path):
        (tmp_path / "app.py").write_text("x = 1\n\n@app.get('/'\nasync def f(): ...\n")
        main = report_of(
            lambda: compile((tmp_path / "app.py").read_text(), str(tmp_path / "app.py"), "exec"), root=tmp_path
        ).main
        assert (main.spot.at, main.message) == ("app.py:3", "'(' was never closed")
        hit = next(line for line in main.spot.source if line.number == 3)
        assert hit.text[slice(*hit.pointed)] == "("

    def test_a_template_that_does_not_compile_shows_its_line(self):
        spot = report_of(lambda: pages.templates.get_template("broken.html")).main.spot
        assert (spot.kind, spot.at, spot.code) == ("template", "templates/broken.html:5", "{% endfro %}")

    def test_a_template_without_a_file_shows_its_line_from_the_text(self):
        spot = report_of(lambda: pages.templates.from_string("a\n{% if %}\n")).main.spot
        assert (spot.kind, spot.line, spot.code) == ("template", 2, "{% if %}")

    def test_an_undefined_name_in_a_template_is_marked_in_its_line(self):
        spot = report_of(
            lambda: pages.templates.get_template("undefined.html").render(author="Ann", token="t")
        ).main.spot
        assert (spot.kind, spot.at, spot.function) == ("template", "templates/undefined.html:3", "block 'content'")
        hit = next(line for line in spot.source if line.number == 3)
        assert hit.text[slice(*hit.pointed)] == "autor"
        assert {v.name: v.text for v in spot.locals} == {"author": "'Ann'", "token": "••••••••"}


class TestCodedErrors:
    def test_code_what_where_fix_and_the_page_are_told(self):
        error = SennitError(code="debug.E002", what="hidden", where="a.py:3", fix="rename it")
        found = traceback_report(error, root=SHOP, installed=INSTALLED).main
        assert (found.explanation.code, found.message) == ("debug.E002", "hidden")
        assert (found.explanation.where, found.explanation.fix) == ("a.py:3", "rename it")
        assert [b.text for b in found.explanation.page if b.kind == "heading"] == [
            "What happened",
            "Why",
            "How to mend it",
        ]

    def test_the_place_that_it_names_is_shown_with_its_lines(self):
        where = f"{SHOP}/pages.py:8 and pages.py:10"
        error = SennitError(code="route.E003", what="two", where=where, fix="")
        report = traceback_report(error, root=SHOP, installed=INSTALLED)
        assert report.main.explanation.where == "pages.py:8 and pages.py:10"
        assert [spot.at for spot in report.spots] == ["pages.py:8", "pages.py:10"]
        assert report.spots[0].code.startswith("PRICES = ")

    def test_the_place_that_it_names_has_the_values_of_the_frame_that_ran_there(self):
        def fail():
            try:
                pages.templates.get_template("undefined.html").render(author="Ann")
            except Exception as error:
                where = f"{SHOP}/templates/undefined.html:3"
                raise SennitError(code="view.E003", what="autor", where=where) from error

        (spot,) = report_of(fail).spots
        assert [value.name for value in spot.locals] == ["author"]

    @pytest.mark.parametrize("where", ["../pages.py:1", "/etc/passwd:1", "none.py:1", ".env:1", "<img>:1", "a" * 9999])
    def test_no_file_outside_the_project_and_no_settings_file_is_shown(self, where, tmp_path):
        (tmp_path / ".env").write_text("SECRET=1")
        error = SennitError(code="route.E003", what="two", where=where)
        assert traceback_report(error, root=tmp_path, installed=INSTALLED).spots == ()

    def test_an_error_of_a_library_leads_to_the_program_s_own_frame_in_its_cause(self):
        (spot,) = report_of(pages.chained).spots
        assert spot.function == "chained"

    def test_the_status_of_a_problem_is_kept(self):
        assert traceback_report(NotFound(), root=SHOP, installed=INSTALLED).status == 404
        assert traceback_report(KeyError(), root=SHOP, installed=INSTALLED).status == 500


class TestSecretsAndBounds:
    def test_no_secret_is_left_anywhere_in_the_report(self):
        text = everything(report_of(pages.with_secrets, request=REQUEST))
        for secret in ("hunter2", "sk-abcdef", "x" * 20, "theme=dark", "s3cr3t", "eyJ1", "dXNlc", "abc123"):
            assert secret not in text, secret
        assert "'theme'" in text

    def test_ten_megabytes_of_values_make_a_small_report(self):
        assert len(everything(report_of(lambda: pages.basket({"coffe": "2"})))) < 60_000

    def test_a_message_that_cannot_be_made_is_told(self):
        class Bad(Exception):
            def __str__(self):
                raise RuntimeError

        assert "__str__ raised RuntimeError" in traceback_report(Bad(), root=SHOP, installed=INSTALLED).main.message

    def test_a_message_of_ten_megabytes_is_cut(self):
        report = traceback_report(ValueError("x" * 10_000_000), root=SHOP, installed=INSTALLED)
        assert len(report.main.message) < 5_000

    def test_odd_notes_do_no_harm(self):
        error = ValueError("x")
        error.__notes__ = "not a list"  # type: ignore[assignment]
        assert traceback_report(error, root=SHOP, installed=INSTALLED).main.notes == ()

    def test_control_characters_of_a_request_are_made_visible(self):
        shown = RequestSummary(method="GET", path="/\x1b[2J\r\n", headers=[("x", "a\nb")]).shown()
        assert (shown.path, shown.headers) == ("/␛[2J␍␊", (("x", "a␊b"),))

    def test_a_request_with_many_and_long_lines_is_cut(self):
        shown = RequestSummary(method="GET", path="/", headers=[("n", "v" * 100_000)] * 10_000).shown()
        assert len(shown.headers) == 101
        assert len(shown.headers[0][1]) < 700

    def test_the_environment_is_read_when_it_is_not_given(self):
        env = traceback_report(ValueError(), root=SHOP).environment
        assert env.python.split()[1].startswith("3.")
        assert any(name.lower() == "jinja2" for name, _ in env.packages)
