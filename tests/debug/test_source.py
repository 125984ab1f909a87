from sennit.debug.highlight import tokens_by_line
from sennit.debug.source import MOST_COLUMNS, Position, excerpt, file_lines, position_of, segment

from .failing import caught
from .shop import pages


def innermost(fn):
    traceback = caught(fn).__traceback__
    while traceback.tb_next:
        traceback = traceback.tb_next
    return traceback


def place(fn):
    traceback = innermost(fn)
    lines = file_lines(traceback.tb_frame.f_code.co_filename)
    return lines, position_of(traceback, lines)


class TestPosition:
    def test_the_failing_expression_is_found_not_only_its_line(self):
        assert segment(*place(lambda: pages.price_of("coffe", 1))) == "PRICES[name]"

    def test_columns_are_characters_where_the_compiler_counts_bytes(self):
        assert segment(*place(pages.non_ascii)) == '1 / größe["ä"]'

    def test_an_expression_over_several_lines_is_marked_on_all_of_them(self):
        lines, at = place(pages.several_lines)
        marked = [line.text.strip() for line in excerpt(lines, at) if line.mark]
        assert marked == ["return sum(", "PRICES,", 'len("tea"),', ")"]


class TestExcerpt:
    def test_the_mark_stands_under_the_expression_after_dedenting(self):
        lines = ["def f():\n", "        x = 1\n", "        return d[x]\n"]
        shown = excerpt(lines, Position(3, 3, 15, 19), within=(2, 3))
        assert [line.text for line in shown] == ["x = 1", "return d[x]"]
        assert shown[1].text[slice(*shown[1].pointed)] == "d[x]"

    def test_a_mark_over_the_whole_line_points_at_nothing(self):
        assert excerpt(["    raise E\n"], Position(1, 1, 4, 11))[0].pointed is None

    def test_a_far_mark_in_a_long_line_stays_in_sight(self):
        line = "x" * 100_000 + "HERE" + "y" * 100_000
        shown = excerpt([line], Position(1, 1, 100_000, 100_004))[0]
        assert len(shown.text) <= MOST_COLUMNS
        assert shown.text[slice(*shown.mark)] == "HERE"

    def test_a_line_outside_the_file_gives_nothing(self):
        assert excerpt(["a\n"], Position(2, 2)) == ()
        assert excerpt([], Position(1, 1)) == ()

    def test_a_file_that_is_not_there_gives_no_lines(self):
        assert file_lines("<string>") == []
        assert file_lines("/nowhere/at/all.py") == []


class TestColours:
    def kinds(self, source, first=1, template=False):
        lines = source.splitlines(keepends=True)
        found = tokens_by_line(lines, first, len(lines), template=template)
        return [
            [(line[t.start : t.end], t.kind) for t in tokens]
            for line, tokens in zip(lines[first - 1 :], found, strict=True)
        ]

    def test_python(self):
        assert self.kinds('def f(x): return "a" + 1  # why\n') == [
            [
                ("def", "keyword"),
                ("f", "name"),
                ("return", "keyword"),
                ('"a"', "string"),
                ("1", "number"),
                ("# why", "comment"),
            ]
        ]

    def test_a_docstring_that_began_above_the_excerpt_is_still_a_string(self):
        assert self.kinds('"""first\nfor all\n"""\nfor x in y: pass\n', first=2)[0] == [("for all", "string")]

    def test_a_template(self):
        kinds = self.kinds("{# no #}<a>{{ x }}</a>{% if y %}\n", template=True)[0]
        assert ("{# no #}", "comment") in kinds
        assert ("{{ x }}", "string") in kinds
        assert ("{% if y %}", "keyword") in kinds

    def test_every_file_of_the_standard_library_s_json_is_coloured_without_a_gap_or_an_overlap(self):
        import json.decoder

        lines = file_lines(json.decoder.__file__)
        for line, tokens in zip(lines, tokens_by_line(lines, 1, len(lines), template=False), strict=True):
            ends = [0, *(t.end for t in tokens)]
            assert all(t.start >= end for t, end in zip(tokens, ends, strict=False)), line
