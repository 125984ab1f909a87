"""Answers: what they say of themselves, their text, their lines, their errors."""

import gzip

import msgspec
import pytest

from client.answering import answer
from client.conftest import in_use
from sennit.client import ClientError, StatusError, TooLarge
from sennit.client.links import links_of
from sennit.client.response import excerpt_of
from sennit.client.text_encoding import TextDecoding, text_of
from sennit.client.url import parse_url


@pytest.fixture
async def got(serve_site, open_client):
    """`response = await got(octets of an answer)`."""

    async def get(said, path="/", **options):
        site = await serve_site(lambda asked: said)
        return await open_client(site.url).get(path, **options)

    return get


@pytest.fixture
async def streamed(serve_site, open_client):
    """`[piece async for piece in await streamed(pieces, read, **headers)]`: each piece is sent by itself."""

    async def stream(pieces, read, **headers):
        async def handler(asked):
            lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
            await asked.peer.say(f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{lines}\r\n".encode())
            for piece in pieces:
                await asked.peer.say(b"%x\r\n%b\r\n" % (len(piece), piece))
            return b"0\r\n\r\n"

        site = await serve_site(handler)
        async with open_client(site.url).stream("GET", "/") as response:
            return [each async for each in read(response)]

    return stream


class TestHead:
    async def test_what_it_says(self, got):
        response = await got(answer(200, "x", content_type='Text/HTML; charset="ISO-8859-1"', x_a="1"), "/a?b=c")
        assert (response.status, response.reason, response.http_version, response.is_success) == (
            200,
            "OK",
            "1.1",
            True,
        )
        assert (response.media_type, response.charset, response.headers["X-A"]) == ("text/html", "ISO-8859-1", "1")
        assert (response.url.target, response.request.method, response.history) == ("/a?b=c", "GET", ())
        assert 0 < response.elapsed_s < 10
        assert repr(response) == f"<Response 200 {response.url}>"

    async def test_links_by_relation_at_the_answers_url(self, got):
        said = answer(200, "", link='</p?n=2>; rel="next", <https://a.example/1>; rel=first')
        links = (await got(said, "/p?n=1")).links
        assert {relation: str(url).partition("/p")[1] or str(url) for relation, url in links.items()} == {
            "next": "/p", "first": "https://a.example/1",
        }  # fmt: skip
        assert links["next"].query == "n=2"

    @pytest.mark.parametrize(
        ("line", "links"),
        [
            ('<a>; rel="prev Start"', {"prev": "http://h/x/a", "start": "http://h/x/a"}),
            ("<a,b;c>;rel=next", {"next": "http://h/x/a,b;c"}),
            ('<a>; title="a \\"b, c\\"; rel=x"; rel=next, <b>; rel=next', {"next": "http://h/x/a"}),
            ("<a>; rel=x; rel=y", {"x": "http://h/x/a"}),
            ('<a>; rel=x; anchor="#b"', {}), ("<a>", {}), ("a; rel=x", {}), ("<a>; rel", {}), ("", {}), ("<javascript:x>; rel=x", {}),
            (",,<a>;rel=x,,", {"x": "http://h/x/a"}), ("<>; rel=self", {"self": "http://h/x/y"}),
        ],
    )  # fmt: skip
    def test_the_grammar_of_links(self, line, links):  # RFC 8288 §3
        assert {relation: str(url) for relation, url in links_of([line], parse_url("http://h/x/y")).items()} == links

    def test_a_long_field_of_nothing_is_read_in_time(self):
        for hostile in ("<" * 60_000, "<a>;" * 15_000, "<a>" + " " * 60_000, '<a>;b="' + "\\" * 60_000, "," * 60_000):
            links_of([hostile], parse_url("http://h/"))


class TestText:
    @pytest.mark.parametrize(
        ("octets", "charset", "media_type", "text"),
        [
            ("zoë".encode(), "", "", "zoë"), ("zoë".encode("latin-1"), "iso-8859-1", "", "zoë"),
            ("zoë".encode("cp1251", "replace"), "windows-1251", "", "zo?"),
            ("zoë".encode("utf-8-sig"), "latin-1", "", "zoë"), ("zoë".encode("utf-16"), "", "", "zoë"),
            (b"\xfe\xff" + "zoë".encode("utf-16-be"), "utf-8", "", "zoë"),
            (b"\xff", "", "", "\ufffd"), (b"a", "no-such", "", "a"), (b"a", "rot13", "", "a"), (b"a", "idna", "", "a"),
            (b"a", "utf-8\0", "", "a"),
            (b'<meta charset="latin-1">\xeb', "", "text/html", '<meta charset="latin-1">ë'),
            (b'<meta charset="latin-1">\xc3\xab', "utf-8", "text/html", '<meta charset="latin-1">ë'),
            (
                b'<META http-equiv=x content="text/html; charset=latin-1">\xeb', "", "text/html",
                '<META http-equiv=x content="text/html; charset=latin-1">ë',
            ),
            (b"<meta charset=utf-16>a", "", "text/html", "<meta charset=utf-16>a"),
            (b'<meta charset="latin-1">\xc3\xab', "", "text/plain", '<meta charset="latin-1">ë'),
            (b"<?xml version='1.0' encoding='latin-1'?>\xeb", "", "application/rss+xml", "<?xml version='1.0' encoding='latin-1'?>ë"),
        ],
    )  # fmt: skip
    def test_a_mark_then_what_is_said_then_what_the_page_says_then_utf_8(self, octets, charset, media_type, text):
        assert text_of(octets, charset, media_type) == text
        for cut in range(len(octets) + 1):
            if charset or cut > 60 or not media_type:
                decoding = TextDecoding(charset, media_type)
                assert decoding.feed(octets[:cut]) + decoding.feed(octets[cut:]) + decoding.finish() == text, cut

    async def test_of_an_answer(self, got):
        response = await got(answer(200, "zoë".encode("latin-1"), content_type="text/plain; charset=latin-1"))
        assert (response.text, response.decode(b"\xeb"), response.content) == ("zoë", "ë", b"zo\xeb")

    async def test_texts_never_cut_a_character(self, streamed):
        octets = "zoë €".encode()
        texts = await streamed(
            [octets[place : place + 1] for place in range(len(octets))], lambda response: response.texts()
        )
        assert "".join(texts) == "zoë €" and "\ufffd" not in "".join(texts)

    async def test_texts_of_something_compressed(self, streamed):
        packed = gzip.compress("zoë\n".encode() * 1000)
        texts = await streamed([packed[:20], packed[20:]], lambda response: response.texts(), content_encoding="gzip")
        assert "".join(texts) == "zoë\n" * 1000


class TestLines:
    @pytest.mark.parametrize(
        ("pieces", "lines"),
        [
            ([b"a\nb\n"], ["a", "b"]), ([b"a\r", b"\nb"], ["a", "b"]), ([b"a", b"b", b"c\n", b"\n", b"d"], ["abc", "", "d"]), ([], []),
            (["zoë\n".encode()[:3], "zoë\n".encode()[3:]], ["zoë"]), ([b"a\x0bb\xe2\x80\xa8c\n"], ["a\x0bb\u2028c"]),
            ([b"a\rb\n"], ["a\rb"]),
        ],
    )  # fmt: skip
    async def test_wherever_they_are_cut(self, streamed, pieces, lines):
        assert await streamed(pieces, lambda response: response.lines()) == lines

    async def test_in_an_encoding_of_two_octets(self, streamed):
        octets = "a\nĊ\r\nb".encode("utf-16")  # U+010A has the octet of a line feed in it
        lines = await streamed([octets], lambda response: response.lines(), content_type="text/plain; charset=utf-16")
        assert lines == ["a", "Ċ", "b"]

    async def test_one_that_has_no_end_is_too_large(self, streamed):
        with pytest.raises(TooLarge, match="a line is larger than 1000"):
            await streamed([b"x" * 600] * 10, lambda response: response.lines(longest=1000))
        assert in_use() == 0


class Point(msgspec.Struct):
    x: int


class TestJson:
    async def test_as_it_is_and_checked(self, got):
        said = answer(200, '{"x": 1}', content_type="application/json")
        assert (await got(said)).json() == {"x": 1}
        assert (await got(said)).json(Point) == Point(1)
        with pytest.raises(ClientError, match="expected") as caught:
            (await got(said)).json(list[int])
        assert caught.value.code == "client.E024"

    async def test_what_is_none_says_what_to_look_at(self, got):
        with pytest.raises(ClientError) as caught:
            (await got(answer(200, "<html>"))).json()
        assert (caught.value.code, caught.value.phase) == ("client.E024", "decode")


class TestRaiseForStatus:
    async def test_below_400_it_gives_the_answer_back(self, got):
        response = await got(answer(304))
        assert response.raise_for_status() is response

    async def test_the_message_has_the_beginning_of_a_text(self, got):
        said = answer(404, '{"detail":\n  "no\tsuch \x1b[31meel"}', content_type="application/problem+json")
        with pytest.raises(StatusError) as caught:
            (await got(said)).raise_for_status()
        error = caught.value
        assert error.what == 'the server answered 404 Not Found: {"detail": "no such \N{REPLACEMENT CHARACTER}[31meel"}'
        assert (error.status, error.response.status, error.code) == (404, 404, "client.E007")

    async def test_a_long_one_is_cut_and_what_is_no_text_left_out(self, got):
        with pytest.raises(StatusError) as caught:
            (await got(answer(500, "ü" * 5000, content_type="text/plain"))).raise_for_status()
        assert caught.value.what.endswith("ü…") and len(caught.value.what) < 260
        with pytest.raises(StatusError) as caught:
            (await got(answer(500, b"\x89PNG", content_type="image/png"))).raise_for_status()
        assert caught.value.what == "the server answered 500 Broken"

    async def test_of_a_stream_that_has_not_been_read(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(500, "why", content_type="text/plain"))
        async with open_client(site.url).stream("GET", "/") as response:
            with pytest.raises(StatusError) as caught:
                response.raise_for_status()
            assert caught.value.what == "the server answered 500 Broken"
            await response.read()
            assert excerpt_of(response) == ": why"

    async def test_an_unread_body_says_how_to_read_it(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(200, "x"))
        async with open_client(site.url).stream("GET", "/") as response:
            with pytest.raises(ClientError) as caught:
                response.text  # noqa: B018
        assert caught.value.code == "client.E025"
