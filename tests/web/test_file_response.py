"""FileResponse: validators, conditions, ranges, names (RFC 9110 §8, §13, §14; threats R36, R40, R42)."""

import os
import re
import time

import pytest

from sennit.http.date import http_date
from sennit.testing.memory import MemoryExchange
from sennit.web import FileResponse
from sennit.web.open_file import OpenFile

from .conftest import SiteClient

TEXT = b"0123456789"
LARGE = bytes(range(256)) * 1000


def age(path, seconds=3600):
    """Made to look older than it is; the time of its last status change stays now."""
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def settled(monkeypatch):
    """Files count as unchanged for a while from the start: nobody can set back the time of a status change."""
    monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)


@pytest.fixture
def site(tmp_path, router, settled):
    (tmp_path / "a.txt").write_bytes(TEXT)
    (tmp_path / "large.bin").write_bytes(LARGE)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    age(tmp_path / "a.txt")
    age(tmp_path / "large.bin")

    @router.route("/{name}", methods=("GET", "POST"))
    async def file(name: str):
        return FileResponse(name)

    @router.get("/as/{name}")
    async def named(name: str):
        return FileResponse("a.txt", download_as=name, headers={"x-a": "b"})

    @router.get("/lost/page")
    async def lost():
        return FileResponse("a.txt", status=404, media_type="text/html")

    return SiteClient(router, tmp_path)


class TestWholeFiles:
    async def test_have_type_validators_and_no_guessing(self, site, tmp_path):
        page = await site("GET", "/a.txt")
        assert (page.status, page.text) == (200, "0123456789")
        assert page.headers["content-type"] == "text/plain; charset=utf-8"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["accept-ranges"] == "bytes"
        assert page.headers["last-modified"] == http_date(int(os.stat(tmp_path / "a.txt").st_mtime))
        assert re.fullmatch(r'"[0-9a-f]+-a"', page.headers["etag"])

    async def test_are_sent_piece_by_piece_when_they_are_large(self, site):
        page = await site("GET", "/large.bin")
        assert (page.status, page.body) == (200, LARGE)

    async def test_may_be_empty(self, site):
        page = await site("GET", "/empty")
        assert (page.status, page.body) == (200, b"")
        assert (await site("GET", "/empty", range="bytes=0-")).status == 416
        assert (await site("GET", "/empty", range="bytes=-1")).status == 200

    @pytest.mark.parametrize("name", ["a.txt", "large.bin"])
    async def test_head_has_the_fields_and_no_body(self, site, name):
        get, head = await site("GET", f"/{name}"), await site("HEAD", f"/{name}")
        assert (head.status, head.body) == (200, b"")
        assert head.headers.lines() == get.headers.lines()

    async def test_an_own_status_is_kept_and_conditions_do_not_count(self, site):
        page = await site("GET", "/lost/page", if_none_match="*", range="bytes=0-1")
        assert (page.status, page.text, page.media_type) == (404, "0123456789", "text/html")

    async def test_keep_their_own_headers(self, site):
        assert (await site("GET", "/as/x")).headers["x-a"] == "b"

    @pytest.mark.parametrize("name", ["missing", "folder", "pipe", "a.txt%00", "x" * 5000])
    async def test_what_is_no_readable_file_is_not_found(self, site, name):
        page = await site("GET", f"/{name}", accept="text/html")
        assert (page.status, page.media_type) == (404, "text/html")

    async def test_without_descriptors_the_answer_is_503(self, site, monkeypatch):  # threat R17
        def none_left(*args):
            raise OSError(24, "Too many open files")

        monkeypatch.setattr(os, "open", none_left)
        page = await site("GET", "/a.txt")
        assert (page.status, page.headers["retry-after"]) == (503, "5")

    async def test_a_file_just_written_has_a_weak_tag(self, site, tmp_path, monkeypatch):
        monkeypatch.setattr("sennit.web.stored_file.RACY_S", 2)
        page = await site("GET", "/a.txt")
        assert page.headers["etag"].startswith('W/"')
        assert (await site("GET", "/a.txt", if_none_match=page.headers["etag"])).status == 304
        assert (await site("GET", "/a.txt", range="bytes=0-1", if_range=page.headers["etag"])).status == 200

    async def test_last_modified_never_lies_in_the_future(self, site, tmp_path):
        age(tmp_path / "a.txt", -(10**6))
        modified = (await site("GET", "/a.txt")).headers["last-modified"]
        assert modified in (http_date(time.time()), http_date(time.time() - 1))


class TestConditions:
    async def test_304_has_the_fields_of_the_200_but_those_of_a_body(self, site):
        whole = await site("GET", "/a.txt")
        page = await site("GET", "/a.txt", if_none_match=whole.headers["etag"])
        assert (page.status, page.body) == (304, b"")
        assert page.headers["etag"] == whole.headers["etag"]
        assert "content-type" not in page.headers
        assert (await site("HEAD", "/a.txt", if_modified_since=whole.headers["last-modified"])).status == 304

    async def test_412(self, site):
        assert (await site("GET", "/a.txt", if_match='"other"')).status == 412
        assert (await site("GET", "/a.txt", if_unmodified_since=http_date(0))).status == 412
        assert (await site("POST", "/a.txt", if_none_match="*")).status == 412

    async def test_a_change_is_seen(self, site, tmp_path):
        etag = (await site("GET", "/a.txt")).headers["etag"]
        (tmp_path / "a.txt").write_bytes(b"changed")
        page = await site("GET", "/a.txt", if_none_match=etag)
        assert (page.status, page.text) == (200, "changed")


class TestRanges:
    @pytest.mark.parametrize(
        ("asked", "text", "content_range"),
        [("2-4", "234", "2-4"), ("-3", "789", "7-9"), ("8-", "89", "8-9"), ("0-99", "0123456789", "0-9")],
    )
    async def test_one_part(self, site, asked, text, content_range):
        page = await site("GET", "/a.txt", range=f"bytes={asked}")
        assert (page.status, page.text) == (206, text)
        assert page.headers["content-range"] == f"bytes {content_range}/10"
        assert page.media_type == "text/plain"

    async def test_one_part_of_a_large_file(self, site):
        page = await site("GET", "/large.bin", range="bytes=100000-199999")
        assert (page.status, page.body) == (206, LARGE[100_000:200_000])

    @pytest.mark.parametrize(("name", "content"), [("a.txt", TEXT), ("large.bin", LARGE)])
    async def test_several_parts_are_multipart(self, site, name, content):
        last = len(content) - 1
        page = await site("GET", f"/{name}", range=f"bytes=0-1,-1,5-{last - 3}")
        assert page.status == 206 and "content-range" not in page.headers
        boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", page.headers["content-type"])[1].encode()
        start, *parts, end = page.body.split(b"--" + boundary)
        assert (start, end) == (b"", b"--\r\n")
        bodies = [part.partition(b"\r\n\r\n")[2][:-2] for part in parts]
        assert bodies == [content[:2], content[-1:], content[5 : last - 2]]
        assert b"content-range: bytes 0-1/%d\r\n" % len(content) in parts[0]

    async def test_overlapping_parts_are_one(self, site):
        page = await site("GET", "/a.txt", range="bytes=4-6,0-4")
        assert (page.status, page.text, page.headers["content-range"]) == (206, "0123456", "bytes 0-6/10")

    async def test_416_says_how_long_it_is(self, site):
        page = await site("GET", "/a.txt", range="bytes=10-")
        assert (page.status, page.body, page.headers["content-range"]) == (416, b"", "bytes */10")

    async def test_counts_for_get_only(self, site):  # RFC 9110 §14.2
        assert (await site("HEAD", "/a.txt", range="bytes=0-1")).status == 200
        assert (await site("POST", "/a.txt", range="bytes=0-1")).status == 200

    async def test_if_range(self, site):
        whole = await site("GET", "/a.txt")
        for value in (whole.headers["etag"], whole.headers["last-modified"]):
            assert (await site("GET", "/a.txt", range="bytes=0-1", if_range=value)).status == 206
        assert (await site("GET", "/a.txt", range="bytes=0-1", if_range='"other"')).status == 200

    async def test_conditions_come_first(self, site):
        assert (await site("GET", "/a.txt", range="bytes=0-1", if_none_match="*")).status == 304

    async def test_r42_eleven_parts_are_the_whole(self, site):
        asked = ",".join(f"{2 * n}-{2 * n}" for n in range(11))
        assert (await site("GET", "/large.bin", range=f"bytes={asked}")).status == 200

    async def test_r40_an_endless_range_field_is_the_whole(self, site):
        assert (await site("GET", "/a.txt", range="bytes=" + "0-0," * 15_000)).status == 200


class TestDownloads:
    async def test_the_name_is_escaped(self, site):
        page = await site("GET", "/as/n%C3%A9%22w%0D%0Ax.txt")
        value = page.headers["content-disposition"]
        assert value == "attachment; filename=\"n__w__x.txt\"; filename*=UTF-8''n%C3%A9%22w__x.txt"

    async def test_the_type_goes_by_the_name_under_which_it_is_kept(self, site):
        assert (await site("GET", "/as/x.json")).media_type == "application/json"


class TestFaults:
    async def test_a_file_cut_short_meanwhile_cuts_the_connection(self, site, tmp_path):
        class Slow(MemoryExchange):
            async def send(self, piece):
                os.truncate(tmp_path / "large.bin", 10)
                await super().send(piece)

        large = tmp_path / "large.bin"
        large.write_bytes(LARGE * 3)
        exchange = Slow("GET", "/large.bin", "", [("host", "test")])
        await site.site(exchange)
        assert (exchange.status, exchange.is_cut, exchange.is_finished) == (200, True, False)

    async def test_every_path_closes_the_file(self, site, monkeypatch):
        opened = []
        monkeypatch.setattr(
            OpenFile, "__init__", lambda self, path, init=OpenFile.__init__: (init(self, path), opened.append(self))[0]
        )
        for fields in ({}, {"range": "bytes=0-1"}, {"if_none_match": "*"}, {"range": f"bytes={len(LARGE)}-"}):
            for method in ("GET", "HEAD", "POST"):
                await site(method, "/large.bin", **fields)
                await site(method, "/a.txt", **fields)
        assert len(opened) == 24 and all(file.fd == -1 for file in opened)
