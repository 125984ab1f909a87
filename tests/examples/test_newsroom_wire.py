"""The newsroom's wire over a real socket: every line has an answer, and no line ends the server."""

import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from e2e.newsroom_process import ROOT, Newsroom, running


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with running(tmp_path_factory.mktemp("newsroom")) as process:
        yield process


def get(newsroom: Newsroom, path: str) -> str:
    with urllib.request.urlopen(newsroom.url + path, timeout=10) as answer:
        return str(answer.read().decode())


def stored(newsroom: Newsroom) -> int:
    """The number that the next story gets, taken by sending one."""
    answer = newsroom.send(b"local|A line that counts|Nothing else to say\n")
    assert answer.startswith(b"250 stored as "), answer
    return int(answer.split()[-1])


class TestWhatIsTaken:
    def test_a_good_line_is_stored_and_published(self, newsroom: Newsroom) -> None:
        answer = newsroom.send("markets|Öl fällt den dritten Tag|Der Text: 3 | 4 | 5\n".encode())
        number = int(answer.decode().removeprefix("250 stored as "))
        page = get(newsroom, f"/stories/{number}")
        assert "Öl fällt den dritten Tag" in page
        assert "Der Text: 3 | 4 | 5" in page

    def test_several_lines_on_one_connection_are_answered_in_order(self, newsroom: Newsroom) -> None:
        lines = b"world|First|Text\r\nnowhere|Second|Text\nWORLD | Third | Text\n"
        answers = newsroom.send(lines).decode().splitlines()
        assert [answer[:3] for answer in answers] == ["250", "554", "250"]
        first, third = (int(answers[place].split()[-1]) for place in (0, 2))
        assert third == first + 1

    def test_markup_in_a_line_is_shown_as_text(self, newsroom: Newsroom) -> None:
        newsroom.send(b"local|<script>alert(1)</script>|<b>bold</b>\n")
        page = get(newsroom, "/local")
        assert "<script>alert(1)</script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


REFUSED = {
    "no bar": (b"hello\n", "no bar in the line"),
    "an empty line": (b"\n", "no bar in the line"),
    "one bar": (b"markets|only a title\n", "only one bar in the line"),
    "an unknown section": (b"market|A title|Text\n", "there is no section 'market'; did you mean markets?"),
    "an unknown section, far off": (b"xyz|A title|Text\n", "world, markets, science, culture, sport, local"),
    "an empty title": (b"markets|  |Text\n", "the title is empty"),
    "an empty text": (b"markets|A title|\n", "the text is empty"),
    "a long title": (b"markets|" + b"t" * 121 + b"|Text\n", "the title has 121 characters; 120 are the most"),
    "control characters": (b"markets|A \x1b[31mred title|Text\n", "control characters"),
    "a line of 1 MB": (b"markets|A title|" + b"x" * 1_000_000 + b"\n", "longer than 16384 bytes"),
    "1 MB without an end": (b"x" * 1_000_000, "longer than 16384 bytes"),
    "invalid UTF-8": (b"markets|A title|\xff\xfe text\n", "not utf-8 text"),
    "a line that is cut": (b"markets|A title|The line has no e", "the connection ended inside a line"),
}


class TestWhatIsRefused:
    @pytest.mark.parametrize(("line", "why"), REFUSED.values(), ids=REFUSED.keys())
    def test_it_says_why_and_stores_nothing(self, newsroom: Newsroom, line: bytes, why: str) -> None:
        before = stored(newsroom)
        answers = newsroom.send(line).decode().splitlines()
        assert len(answers) == 1
        assert answers[0].startswith("554 ")
        assert why in answers[0]
        assert stored(newsroom) == before + 1

    def test_good_lines_before_a_broken_one_are_kept(self, newsroom: Newsroom) -> None:
        before = stored(newsroom)
        answers = newsroom.send(b"sport|Kept|Text\nsport|\xff|Text\n").decode().splitlines()
        assert answers[0] == f"250 stored as {before + 1}"
        assert answers[1].startswith("554 ")

    def test_the_answer_holds_no_control_characters_of_the_peer(self, newsroom: Newsroom) -> None:
        answer = newsroom.send(b"\x1b[2J\x07evil|A title|Text\n")
        assert answer.decode().rstrip("\n").isprintable()

    def test_a_peer_that_leaves_without_reading_harms_nobody(self, newsroom: Newsroom) -> None:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", newsroom.wire_port), timeout=10) as wire:
                wire.sendall(b"world|Gone|Text\n" * 50)
        assert "The Strand" in get(newsroom, "/")


@pytest.fixture(scope="module")
def wire() -> Iterator[ModuleType]:
    folder = str(Path(ROOT) / "examples" / "newsroom")
    sys.path.insert(0, folder)
    try:
        import wire

        yield wire
    finally:
        sys.path.remove(folder)


class TestParse:
    def test_blanks_around_the_parts_do_not_count(self, wire: ModuleType) -> None:
        assert wire.parse("  Sport | A title |  Text ")[1:] == ("A title", "Text")

    def test_bars_in_the_text_are_text(self, wire: ModuleType) -> None:
        assert wire.parse("sport|A title|a|b||c").text == "a|b||c"

    def test_a_refusal_never_repeats_more_than_a_little_of_the_line(self, wire: ModuleType) -> None:
        with pytest.raises(wire.Refused) as refused:
            wire.parse("x" * 10_000 + "|A title|Text")
        assert len(str(refused.value)) < 200
