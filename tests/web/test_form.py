"""Forms with files: streamed, limited, spooled (threats R17 and R40, the items about multipart; R15)."""

import asyncio
import errno
import io
import os
import tempfile
import time

import pytest

from sennit.errors import Problem, TooLarge
from sennit.http import Disconnected, Limits
from sennit.web import File, Form, Request
from sennit.web.form import read_form
from sennit.web.upload import SPOOL_BYTES, base_name

HEAD = b'Content-Disposition: form-data; name="%b"'


def field(name=b"a", value=b"1"):
    return b"--B\r\n" + HEAD % name + b"\r\n\r\n" + value + b"\r\n"


def file_part(filename, content=b"x", extra=b""):
    return b"--B\r\n" + HEAD % b"f" + b'; filename="%b"' % filename + extra + b"\r\n\r\n" + content + b"\r\n"


END = b"--B--\r\n"
TYPE = "multipart/form-data; boundary=B"


async def parse(*pieces: bytes, content_type=TYPE, **limits):
    """The form of a body that comes in pieces."""

    async def stream(limit):
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece

    async def read(limit):
        raise AssertionError("a multipart body is never read whole")

    return await read_form(content_type, read, stream, Limits(**limits))


async def refused(*pieces, **options):
    """The status that a body is refused with."""
    with pytest.raises(Problem) as caught:
        await parse(*pieces, **options)
    return caught.value.status


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary files go. They have no names there; `open_files` counts them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def open_files(folder) -> int:
    links = [os.path.join("/proc/self/fd", fd) for fd in os.listdir("/proc/self/fd")]
    return sum(os.path.islink(link) and os.readlink(link).startswith(str(folder)) for link in links)


class TestReading:
    async def test_fields_and_files(self):
        form = await parse(field(b"a", b"1") + field(b"a", "é".encode()) + file_part(b"x.txt", b"content") + END)
        assert form.get_all("a") == ["1", "é"]
        (file,) = form.get_files("f")
        assert (file.filename, file.size, await file.read()) == ("x.txt", 7, b"content")
        assert [piece async for piece in file.stream()] == [b"content"]

    async def test_cut_at_every_byte(self):
        body = field() + file_part(b"x", b"\r\n--\r\n--A\r\n") + END
        for at in range(len(body)):
            form = await parse(body[:at], body[at:]) if at else await parse(body)
            assert form["a"] == "1"
            assert await form.get_files("f")[0].read() == b"\r\n--\r\n--A\r\n"

    async def test_a_file_input_left_empty_is_no_file(self):
        assert (await parse(file_part(b"", b"") + END)).files == []


class TestR40:
    """Linear, limited, 4xx."""

    async def test_r40_a_hundred_thousand_parts(self):
        body = field() * 100_000 + END
        begun = time.perf_counter()
        assert await refused(*(body[at : at + 65536] for at in range(0, len(body), 65536))) == 413
        assert time.perf_counter() - begun < 5

    async def test_r40_a_hundred_and_one_files(self):
        assert await refused(file_part(b"x") * 101 + END) == 413

    async def test_r40_an_endless_part_header(self):
        start = b"--B\r\nContent-Disposition: form-data; name="
        assert await refused(start, *[b"x" * 1024] * 100) == 413
        assert await refused(b"--B\r\n", *[b"X-Field: x\r\n"] * 100) == 413
        assert await refused(b"--B\r\n" + HEAD % b"a" + b"\r\n", *[b" folded\r\n"] * 10_000) == 413
        assert await refused(b"--B\r\n" + HEAD % b"a" + (b"\r\nX-Y: " + b"x" * 2000) * 6 + b"\r\n\r\n\r\n" + END) == 413

    async def test_r40_a_thousand_long_names(self):
        assert await refused(field(b"n" * 5000) * 900 + END) == 413

    async def test_r40_boundary_in_parts(self):
        content = b"--B\r\n\r--B\r\n--BB \r\n -- B--"
        form = await parse(file_part(b"x", content.replace(b"\r\n--BB", b"\n--BB")) + END)
        assert (await form.get_files("f")[0].read()).startswith(b"--B\r\n\r--B")
        assert await refused(field(b"a", b"x\r\n--BB y") + END) == 400

    async def test_r40_no_final_boundary(self, temporary):
        for body in (b"", b"--B", b"--B\r\n", field(), file_part(b"x", b"y" * 100_000), field() + b"--B-"):
            assert await refused(body or b"\r\n") == 400
        assert open_files(temporary) == 0

    async def test_r40_nested_and_odd_names_are_just_names(self):
        form = await parse(field(b"a[b][c]") + field(b"__proto__") + field(b"a.b") + field(b"") + END)
        assert form.pairs() == [("a[b][c]", "1"), ("__proto__", "1"), ("a.b", "1"), ("", "1")]

    async def test_r40_filename_star_is_not_read(self):  # RFC 7578 §4.2
        part = b"--B\r\n" + HEAD % b"f" + b"; filename=\"a.txt\"; filename*=UTF-8''..%2Fevil.exe\r\n\r\nx\r\n"
        assert (await parse(part + END)).get_files("f")[0].filename == "a.txt"

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            (b"../../etc/passwd", "passwd"),
            (b"C:\\\\temp\\\\x.exe", "x.exe"),
            (b"/", "file"),
            (b"..", "file"),
            (b"a\x07b", "ab"),
            ("\u202egpj.exe".encode(), "gpj.exe"),
            (b".htaccess", "htaccess"),
            (b"x" * 4000, "x" * 255),
        ],
        ids=range(8),
    )
    async def test_r40_a_path_in_a_filename_is_cut(self, sent, kept):
        assert (await parse(file_part(sent) + END)).get_files("f")[0].filename == kept
        assert "/" not in base_name(sent.decode()) and "\\" not in base_name(sent.decode())

    @pytest.mark.parametrize(
        "header",
        [b"X: a\rb", b"X: a\nb", b"X: a\0b", b"X: \xff", b"no colon", b": x", b"X Y: z", b"Content-Length: 5"],
        ids=range(8),
    )
    async def test_r40_cr_and_other_dirt_in_part_headers(self, header):
        body = b"--B\r\n" + HEAD % b"f" + b'; filename="x"\r\n' + header + b"\r\n\r\ny\r\n" + END
        assert await refused(body) == 400

    @pytest.mark.parametrize(
        "content_type",
        ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 71}"],
        ids=range(3),
    )
    async def test_r40_a_missing_or_endless_boundary(self, content_type):
        assert await refused(END, content_type=content_type) == 400

    async def test_r40_fields_that_are_not_utf_8(self):
        assert await refused(field(b"a", b"\xff") + END) == 400

    async def test_r40_almost_a_boundary_again_and_again_is_linear(self):
        def taken(count):
            body = file_part(b"x", b"\r\n--" * count) + END
            pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
            return asyncio.wait_for(parse(*pieces), 10)

        assert (await taken(400_000)).files

    async def test_r40_fields_and_files_over_their_limits(self, temporary):
        assert await refused(field(b"a", b"x" * 600), field(b"b", b"x" * 600), form=1000) == 413
        assert await refused(file_part(b"x", b"y" * 200_000), file=100_000) == 413
        assert open_files(temporary) == 0


class TestSpooling:
    async def test_64_kib_stay_in_memory_and_more_goes_to_a_file_without_a_name(self, temporary):
        small = await parse(file_part(b"x", b"y" * SPOOL_BYTES) + END)
        assert open_files(temporary) == 0
        pieces = [b"z" * 50_000] * 20
        large = await parse(b"--B\r\n" + HEAD % b"f" + b'; filename="l"\r\n\r\n', *pieces, b"\r\n" + END)
        assert (open_files(temporary), list(temporary.iterdir())) == (1, [])
        assert await large.get_files("f")[0].read() == b"".join(pieces)
        small.close()
        large.close()
        assert open_files(temporary) == 0

    async def test_what_has_come_is_stored_before_the_rest_is_read(self, temporary):
        """Streamed: a piece is on disk when the next one is asked for."""
        seen = []

        async def stream(limit):
            yield b"--B\r\n" + HEAD % b"f" + b'; filename="l"\r\n\r\n'
            for _ in range(4):
                yield b"z" * 100_000
                seen.append(open_files(temporary))
            yield b"\r\n" + END

        form = await read_form(TYPE, lambda limit: None, stream, Limits())
        form.close()
        assert seen == [1, 1, 1, 1]

    @pytest.mark.parametrize(
        "failure", [Disconnected("gone"), Problem(408), TooLarge(), asyncio.CancelledError()], ids=repr
    )
    async def test_nothing_stays_when_the_body_breaks_off(self, temporary, failure):
        async def stream(limit):
            yield file_part(b"x", b"y" * 100_000) + file_part(b"z", b"y" * 100_000)[:-2]
            raise failure

        with pytest.raises(type(failure)):
            await read_form(TYPE, lambda limit: None, stream, Limits())
        assert open_files(temporary) == 0

    async def test_nothing_stays_when_the_reader_is_cancelled_while_a_thread_writes(self, temporary):
        begun = asyncio.Event()

        async def stream(limit):
            begun.set()
            while True:
                yield b"--B\r\n" + HEAD % b"f" + b'; filename="l"\r\n\r\n' if not asked else b"z" * 100_000
                asked.append(1)

        asked = []
        reading = asyncio.ensure_future(read_form(TYPE, lambda limit: None, stream, Limits()))
        await begun.wait()
        while not open_files(temporary):
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert open_files(temporary) == 0

    @pytest.mark.parametrize("outcome", ["answers", "raises", "refuses"])
    async def test_nothing_stays_when_the_request_has_ended(self, router, ask, temporary, outcome):
        held = []

        @router.post("/")
        async def upload(f: File, n: Form[int] = 0):
            held.append(open_files(temporary))
            if outcome == "raises":
                raise ValueError
            return "stored"

        n = "x" if outcome == "refuses" else "1"
        page = await ask("POST", "/", form={"n": n}, files={"f": b"y" * 100_000})
        assert page.status == {"answers": 200, "raises": 500, "refuses": 422}[outcome]
        assert held == ([] if outcome == "refuses" else [1])
        assert open_files(temporary) == 0


class TestR17:
    """Disk full: 507; a disk that fails: 503; nothing stays, nothing is said to be stored."""

    @pytest.fixture
    def disk(self, monkeypatch, temporary):
        """`disk(errno)`: temporary files refuse what is written from here on."""

        def fail_with(number):
            def full(*args, **options):
                raise OSError(number, os.strerror(number))

            monkeypatch.setattr(tempfile, "TemporaryFile", full)

        return fail_with

    @pytest.mark.parametrize(
        ("number", "status"),
        [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EMFILE, 503), (errno.EIO, 503), (errno.EROFS, 503)],
    )
    async def test_r17_a_full_or_failing_disk(self, router, ask, disk, temporary, number, status):
        @router.post("/")
        async def upload(request: Request):
            await request.form()
            return "stored"

        disk(number)
        page = await ask("POST", "/", files={"f": b"y" * 100_000})
        assert (page.status, open_files(temporary)) == (status, 0)
        assert str(temporary) not in page.text
        assert (await ask("POST", "/", files={"f": b"y" * 1000})).text == "stored"

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
    async def test_r17_a_disk_that_fills_up_is_told_before_the_handler_runs(self, router, ask, monkeypatch):
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **options: io.FileIO("/dev/full", "r+"))

        @router.post("/")
        async def upload(f: File):
            return "stored"

        assert (await ask("POST", "/", files={"f": b"y" * 100_000})).status == 507
