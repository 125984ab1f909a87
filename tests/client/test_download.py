"""Files fetched to the disk (RFC 9110 §14): whole, gone on with, and begun anew when the server has another one."""

import asyncio

import pytest

from client.answering import answer
from client.conftest import in_use
from sennit.client import ProtocolFailed, StatusError

FILE = bytes(range(256)) * 400


def serving(content=FILE, *, tag='"v1"', ranges=True, breaks_at=None):
    """A site with one file. `breaks_at`: the first answer ends there, and its connection with it."""
    left = [breaks_at] if breaks_at is not None else []

    async def handler(asked):
        start, about = 0, {"etag": tag} if tag else {}
        if ranges and asked.headers.get("range") and asked.headers.get("if-range") == tag:
            start = int(asked.headers["range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return answer(416, content_range=f"bytes */{len(content)}")
            about["content_range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        said = answer(206 if start else 200, content[start:], **about)
        if left:
            await asked.peer.say(said[: said.index(b"\r\n\r\n") + 4 + left.pop()])
            return None
        return said

    return handler


@pytest.fixture
async def broken_off(serve_site, open_client, tmp_path):
    """`client, path = await broken_off(handler)`: a download that ended after 1 000 bytes has left its beginning."""

    async def begin(handler):
        site = await serve_site(handler)
        client = open_client(site.url)
        client.site = site
        with pytest.raises(ProtocolFailed):
            await client.download("/", tmp_path / "file")
        assert not (tmp_path / "file").exists()
        return client, tmp_path / "file"

    return begin


def left(path):
    return [each.name for each in sorted(path.parent.iterdir())]


class TestWhole:
    async def test_it_is_there_under_its_name_once_it_is_whole(self, serve_site, open_client, tmp_path):
        site = await serve_site(serving())
        told = []
        done = await open_client(site.url).download(
            "/", str(tmp_path / "file"), on_progress=lambda *each: told.append(each)
        )
        assert (done.path.read_bytes(), done.size, done.resumed_from, done.response.status) == (FILE, len(FILE), 0, 200)
        assert told[-1] == (len(FILE), len(FILE)) and told == sorted(told)
        assert left(done.path) == ["file"]
        assert site.asked[0].headers["accept-encoding"] == "identity"

    async def test_an_empty_one(self, serve_site, open_client, tmp_path):
        site = await serve_site(serving(b""))
        assert (await open_client(site.url).download("/", tmp_path / "file")).size == 0
        assert (tmp_path / "file").read_bytes() == b""

    async def test_a_failure_is_raised_and_what_was_there_before_stays(self, serve_site, open_client, tmp_path):
        (tmp_path / "file").write_bytes(b"old")
        site = await serve_site(lambda asked: answer(404, "gone", content_type="text/plain"))
        with pytest.raises(StatusError, match="404"):
            await open_client(site.url).download("/", tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"old"
        assert (left(tmp_path / "file"), in_use()) == (["file"], 0)


class TestResumed:
    async def test_it_goes_on_where_it_ended(self, broken_off):
        client, path = await broken_off(serving(breaks_at=1000))
        told = []
        done = await client.download("/", path, on_progress=lambda *each: told.append(each))
        assert (path.read_bytes(), done.resumed_from, done.size) == (FILE, 1000, len(FILE))
        assert (client.site.asked[1].headers["range"], client.site.asked[1].headers["if-range"]) == (
            "bytes=1000-",
            '"v1"',
        )
        assert told[0][0] > 1000 and told[-1] == (len(FILE), len(FILE))
        assert left(path) == ["file"]

    async def test_a_file_that_has_changed_is_begun_anew(self, broken_off):
        handlers = [serving(breaks_at=1000), serving(b"new" * 500, tag='"v2"')]
        client, path = await broken_off(lambda asked: handlers[0 if len(client_asked(asked)) == 1 else 1](asked))
        done = await client.download("/", path)
        assert (path.read_bytes(), done.resumed_from) == (b"new" * 500, 0)

    async def test_a_server_without_ranges_too(self, broken_off):
        client, path = await broken_off(serving(breaks_at=1000, ranges=False))
        done = await client.download("/", path)
        assert (path.read_bytes(), done.resumed_from) == (FILE, 0)

    async def test_without_a_strong_validator_nothing_is_gone_on_with(self, broken_off):
        client, path = await broken_off(serving(breaks_at=1000, tag='W/"v1"'))
        assert (await client.download("/", path)).resumed_from == 0
        assert "range" not in client.site.asked[1].headers
        assert path.read_bytes() == FILE

    async def test_resume_false_asks_for_all_of_it(self, broken_off):
        client, path = await broken_off(serving(breaks_at=1000))
        assert (await client.download("/", path, resume=False)).resumed_from == 0
        assert path.read_bytes() == FILE

    async def test_more_than_the_server_has_is_begun_anew(self, broken_off):
        client, path = await broken_off(serving(breaks_at=1000))
        path.with_name("file.part").write_bytes(bytes(len(FILE) + 5))
        assert (await client.download("/", path)).size == len(FILE)
        assert path.read_bytes() == FILE

    @pytest.mark.parametrize("where", ["bytes 0-9/20", "bytes 999-2000/3000", "nonsense", "bytes */20"])
    async def test_another_part_than_was_asked_for_is_refused(self, broken_off, where):
        first = serving(breaks_at=1000)

        def handler(asked):
            return answer(206, bytes(10), content_range=where) if "range" in asked.headers else first(asked)

        client, path = await broken_off(handler)
        with pytest.raises(ProtocolFailed, match="another part"):
            await client.download("/", path)
        assert in_use() == 0

    async def test_cancelled_it_can_be_gone_on_with(self, serve_site, open_client, tmp_path):
        there = asyncio.Event()

        async def handler(asked):
            if "range" in asked.headers:
                return await serving()(asked)
            await asked.peer.say(answer(200, FILE, etag='"v1"')[: -len(FILE) + 5000])
            await asked.peer.gone()
            return None

        client = open_client((await serve_site(handler)).url)
        task = asyncio.create_task(client.download("/", tmp_path / "file", on_progress=lambda size, of: there.set()))
        await there.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.download("/", tmp_path / "file")).resumed_from > 0
        assert (tmp_path / "file").read_bytes() == FILE


def client_asked(asked):
    """Requests of one site so far, this one included: told apart by whether they ask to go on."""
    return [asked] if "range" not in asked.headers else [asked, asked]
