"""Bodies of requests: what may be given, and what goes over the wire."""

import asyncio
import io
import os
from collections.abc import AsyncIterator

import msgspec
import pytest

from client.answering import answer, body_of
from client.conftest import in_use
from sennit.client import ClientError
from sennit.client.multipart import Multipart
from sennit.errors import SennitError


class Point(msgspec.Struct):
    x: int


async def counted() -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"%d" % number


@pytest.fixture
async def echo(serve_site, open_client):
    """`asked = await echo(method="POST", **options)`: what the site received."""
    site = await serve_site(lambda asked: answer(200))
    client = open_client(site.url)

    async def send(method="POST", **options):
        await client.request(method, "/", **options)
        return site.asked[-1]

    return send


class TestContent:
    @pytest.mark.parametrize(
        ("make", "sent", "length"),
        [
            (lambda: b"bytes", b"bytes", "5"), (lambda: bytearray(b"ba"), b"ba", "2"), (lambda: memoryview(b"mv"), b"mv", "2"),
            (lambda: "zoë", "zoë".encode(), "4"), (lambda: b"", b"", "0"), (lambda: io.BytesIO(b"file"), b"file", "4"),
            (lambda: [b"a", b"", b"b"], b"ab", None), (lambda: iter([b"a", b"b"]), b"ab", None), (lambda: counted, b"012", None),
            (counted, b"012", None), (lambda: lambda: [b"made"], b"made", None), (lambda: [bytearray(b"a"), memoryview(b"b")], b"ab", None),
        ],
        ids=["bytes", "bytearray", "memoryview", "text", "empty", "file", "list", "iterator", "async made", "async", "made", "buffers"],
    )  # fmt: skip
    async def test_what_may_be_given(self, echo, make, sent, length):
        asked = await echo(body=make())
        assert (asked.body, asked.headers.get("content-length")) == (sent, length)
        assert asked.headers.get("transfer-encoding") == (None if length else "chunked")

    async def test_a_path_and_an_open_file_from_where_it_stands(self, echo, tmp_path):
        path = tmp_path / "eels"
        path.write_bytes(os.urandom(600_000))
        assert (await echo(body=path)).body == path.read_bytes()
        with path.open("rb") as file:
            file.seek(599_990)
            assert (await echo(body=file)).body == path.read_bytes()[-10:]
            assert not file.closed

    async def test_a_pipe_has_no_length(self, echo):
        there, here = os.pipe()
        os.write(here, b"piped")
        os.close(here)
        with open(there, "rb", buffering=0) as file:
            asked = await echo(body=file)
        assert (asked.body, asked.headers["transfer-encoding"]) == (b"piped", "chunked")

    async def test_a_file_that_shrinks_is_told(self, echo, tmp_path):
        path = tmp_path / "eels"
        path.write_bytes(b"12345")
        with path.open("r+b") as file:
            from sennit.client.body import FileSource

            source = FileSource(file)
            file.truncate(2)
            assert [piece async for piece in source.pieces()] == [b"12"]

    async def test_a_text_says_its_encoding_and_bytes_say_nothing(self, echo):
        assert (await echo(body="a")).headers["content-type"] == "text/plain; charset=utf-8"
        assert "content-type" not in (await echo(body=b"a")).headers
        assert (await echo(body="a", headers={"content-type": "text/csv"})).headers["content-type"] == "text/csv"

    @pytest.mark.parametrize(
        "body", [io.StringIO("text"), {"a": 1}, 7, None, object()], ids=["text file", "dict", "int", "None", "object"]
    )
    async def test_what_is_no_body_is_refused_with_what_to_do(self, echo, body):
        with pytest.raises(SennitError) as caught:
            await echo(body=body)
        assert caught.value.code == "client.E036"
        assert caught.value.fix

    @pytest.mark.parametrize("piece", ["text", 7, None])
    async def test_nor_is_what_an_iterator_yields(self, echo, piece):
        with pytest.raises(SennitError, match="yielded") as caught:
            await echo(body=[b"a", piece])
        assert caught.value.code == "client.E036"
        assert in_use() == 0

    async def test_what_the_programs_iterator_raises_comes_out_and_its_connection_is_cut(self, echo):
        async def broken():
            yield b"a"
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            await echo(body=broken())
        assert in_use() == 0

    async def test_only_one_body(self, echo):
        with pytest.raises(SennitError) as caught:
            await echo(body=b"a", json=1)
        assert caught.value.code == "client.E027"

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    async def test_without_one_a_method_that_has_one_says_so(self, echo, method):
        assert (await echo(method)).headers["content-length"] == "0"
        assert "content-length" not in (await echo("GET")).headers

    async def test_a_get_may_have_one(self, echo):
        assert (await echo("GET", json=1)).body == b"1"


class TestJson:
    async def test_anything_that_msgspec_writes(self, echo):
        asked = await echo(json={"p": [Point(1)], "ü": None})
        assert (asked.body, asked.headers["content-type"]) == ('{"p":[{"x":1}],"ü":null}'.encode(), "application/json")
        assert (await echo(json=None)).body == b"null"

    async def test_another_media_type_may_be_said(self, echo):
        asked = await echo(json=1, headers={"Content-Type": "application/merge-patch+json"})
        assert asked.headers["content-type"] == "application/merge-patch+json"


class TestForm:
    async def test_values_are_written_as_params_are(self, echo):
        form = {"a": "ü &", "list": [1, 2], "yes": True, "none": None, "bytes": b"\xff"}
        asked = await echo(form=form)
        assert asked.body == b"a=%C3%BC+%26&list=1&list=2&yes=true&bytes=%FF"
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert (await echo("GET", params={name: form[name] for name in ("a", "list", "yes", "none")})).target == (
            "/?a=%C3%BC+%26&list=1&list=2&yes=true"
        )

    async def test_pairs_keep_their_order(self, echo):
        assert (await echo(form=[("b", 1), ("a", 2), ("b", 3)])).body == b"b=1&a=2&b=3"


class TestMultipart:  # RFC 7578
    async def test_fields_come_first_and_files_name_themselves(self, echo, tmp_path):
        path = tmp_path / "eels.txt"
        path.write_text("eels")
        asked = await echo(form={"caption": "Ëels", "no": None}, files={"photo": path})
        boundary = asked.headers["content-type"].partition("boundary=")[2]
        assert asked.body.decode() == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="caption"\r\n\r\nËels\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="eels.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\neels\r\n--{boundary}--\r\n"
        )
        assert asked.headers["content-length"] == str(len(asked.body))

    async def test_a_file_may_be_its_content_or_name_content_and_media_type(self, echo):
        files = {"a": b"1", "b": ("b.png", b"2"), "c": ("c", io.BytesIO(b"3"), "x/y"), "d": [b"4", ("e.bin", b"5")]}
        body = (await echo(files=files)).body
        for part in (
            b'name="a"; filename="a"\r\nContent-Type: application/octet-stream\r\n\r\n1\r\n',
            b'name="b"; filename="b.png"\r\nContent-Type: image/png\r\n\r\n2\r\n',
            b'name="c"; filename="c"\r\nContent-Type: x/y\r\n\r\n3\r\n',
            b'name="d"; filename="d"\r\nContent-Type: application/octet-stream\r\n\r\n4\r\n',
            b'name="d"; filename="e.bin"\r\nContent-Type: application/octet-stream\r\n\r\n5\r\n',
        ):
            assert part in body

    async def test_names_cannot_end_their_line(self, echo):
        body = (await echo(files={'a"\r\nX: y': ('b"\r\n.txt', b"1", "t/x\r\nX: y")})).body
        assert b'name="a%22%0D%0AX: y"; filename="b%22%0D%0A.txt"\r\nContent-Type: t/x%0D%0AX: y\r\n\r\n1' in body

    async def test_without_a_length_it_goes_in_chunks_and_once(self, echo):
        there, here = os.pipe()
        os.write(here, b"piped")
        os.close(here)
        with open(there, "rb", buffering=0) as file:
            asked = await echo(files={"f": ("f", file)})
        assert b"\r\n\r\npiped\r\n" in asked.body
        assert asked.headers["transfer-encoding"] == "chunked"

    async def test_it_can_be_sent_again_if_each_of_its_files_can(self):
        assert Multipart({}, {"a": b"1", "b": io.BytesIO(b"2")}).is_repeatable
        once = Multipart({}, {"a": _Pipe()})
        assert once.is_repeatable, "until a piece of it has been taken"
        assert b"piped" in b"".join([piece async for piece in once.pieces()])
        assert not once.is_repeatable
        with pytest.raises(ClientError, match="cannot be sent again"):
            once.pieces()


class _Pipe(io.BytesIO):
    def __init__(self):
        super().__init__(b"piped")

    def seekable(self):
        return False


class TestProgress:
    async def test_bytes_files_and_iterators_tell_how_much_has_gone(self, echo, tmp_path):
        path = tmp_path / "f"
        path.write_bytes(bytes(600_000))
        for body, last in ((bytes(200_000), 200_000), (path, 600_000), ([b"a" * 10, b"b"], 11)):
            told: list[int] = []
            await echo(body=body, on_upload=told.append)
            assert told == sorted(told) and told[-1] == last
            assert len(told) > 1

    async def test_what_it_raises_ends_the_request(self, echo):
        def stop(sent):
            raise KeyError(sent)

        with pytest.raises(KeyError):
            await echo(body=[b"a"], on_upload=stop)
        assert in_use() == 0


class TestExpectContinue:  # RFC 9110 §10.1.1
    async def test_the_body_waits_for_the_servers_100(self, serve_site, open_client):
        arrived = []

        async def handler(asked):
            arrived.append(asked.peer.reader._buffer[:])
            await asked.peer.say(b"HTTP/1.1 100 Continue\r\n\r\n")
            return answer(200, await body_of(asked.peer, asked.headers))

        site = await serve_site(handler)
        client = open_client(site.url)
        for body in (b"bytes", [b"by", b"tes"]):
            response = await client.put("/", body=body, expect_continue=True)
            assert response.content == b"bytes"
        assert site.asked[0].headers["expect"] == "100-continue"
        assert arrived == [b"", b""]
        assert site.connections == 1

    async def test_a_refusal_comes_before_the_body_is_sent(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(401, "no"))
        sent: list[int] = []
        response = await open_client(site.url).put("/", body=bytes(10**6), expect_continue=True, on_upload=sent.append)
        assert (response.status, response.text, sent) == (401, "no", [])

    async def test_a_server_that_does_not_know_it_is_asked_without(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(417) if "expect" in asked.headers else answer(200, asked.body))
        response = await open_client(site.url).put("/", body=b"bytes", expect_continue=True)
        assert (response.status, response.content) == (200, b"bytes")
        assert ["expect" in asked.headers for asked in site.asked] == [True, False]

    async def test_without_a_body_nothing_is_expected(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(200))
        await open_client(site.url).get("/", expect_continue=True)
        assert "expect" not in site.asked[0].headers

    async def test_a_server_that_says_nothing_has_it_after_a_second(self, serve_site, open_client, monkeypatch):
        monkeypatch.setattr("sennit.client.upload.CONTINUE_S", 0.01)

        async def handler(asked):
            return answer(200, await body_of(asked.peer, asked.headers))

        site = await serve_site(handler)
        async with asyncio.timeout(10):
            assert (await open_client(site.url).put("/", body=b"x", expect_continue=True)).content == b"x"
