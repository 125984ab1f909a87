"""Static folders (threat R42), packed siblings, names with a digest, and what is remembered about files."""

import gzip
import os
import time

import pytest

from sennit.errors import SennitError
from sennit.testing.memory import MemoryExchange
from sennit.web import Router
from sennit.web.assets import Assets, StaticMount
from sennit.web.static import ASK_AGAIN, ONE_YEAR, StaticFolder

from .conftest import SiteClient


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Files count as unchanged for a while from the start: nobody can set back the time of a status change."""
    monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("hidden")
    (folder / ".env").write_text("hidden")
    (folder / "app.css").write_text("body{}")
    (folder / "css" / "a b.css").write_text("a{}")
    (folder / "large.bin").write_bytes(b"x" * 100_000)
    (folder / "index.html").write_text("start")
    (folder / "docs").mkdir()
    (folder / "docs" / "index.html").write_text("docs")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "static2").mkdir()
    (tmp_path / "static2" / "x.txt").write_text("beside")
    return folder


def site_of(*mounts: StaticMount, root) -> SiteClient:
    outer = Router()
    outer.include(*Assets(mounts, root).routers())
    return SiteClient(outer, root)


@pytest.fixture
def site(tmp_path, folder):
    return site_of(StaticMount("/static", "static"), root=tmp_path)


@pytest.fixture
def indexed(tmp_path, folder):
    return site_of(StaticMount("/static", "static", index="index.html"), root=tmp_path)


class TestFiles:
    async def test_are_sent_with_type_and_validators_to_be_asked_for_again(self, site):
        page = await site("GET", "/static/app.css")
        assert (page.status, page.text) == (200, "body{}")
        assert page.headers["content-type"] == "text/css; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert (await site("GET", "/static/app.css", if_none_match=page.headers["etag"])).status == 304
        assert (await site("GET", "/static/css/a%20b.css")).text == "a{}"

    async def test_large_ones_and_ranges(self, site):
        assert (await site("GET", "/static/large.bin")).body == b"x" * 100_000
        page = await site("GET", "/static/app.css", range="bytes=0-3")
        assert (page.status, page.text) == (206, "body")

    async def test_get_and_head_only(self, site):
        head = await site("HEAD", "/static/app.css")
        assert (head.status, head.body) == (200, b"")
        for method in ("POST", "PUT", "DELETE"):
            page = await site(method, "/static/app.css")
            assert (page.status, page.headers["allow"]) == (405, "GET, HEAD, OPTIONS")

    async def test_a_change_shows_at_once(self, site, folder):
        assert (await site("GET", "/static/app.css")).text == "body{}"
        (folder / "app.css").write_text("body{color:red}")
        assert (await site("GET", "/static/app.css")).text == "body{color:red}"
        (folder / "app.css").unlink()
        assert (await site("GET", "/static/app.css")).status == 404
        (folder / "app.css").write_text("again")
        assert (await site("GET", "/static/app.css")).text == "again"

    async def test_replaced_by_a_file_of_the_same_size_and_time(self, site, folder):
        assert (await site("GET", "/static/app.css")).text == "body{}"
        stat = os.stat(folder / "app.css")
        (folder / "new").write_text("BODY{}")
        os.utime(folder / "new", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        (folder / "new").rename(folder / "app.css")
        assert (await site("GET", "/static/app.css")).text == "BODY{}"

    async def test_no_folder_is_listed(self, site):
        for path in ("/static", "/static/", "/static/css", "/static/css/"):
            assert (await site("GET", path)).status == 404


class TestIndex:
    async def test_answers_for_its_folder(self, indexed):
        assert (await indexed("GET", "/static/")).text == "start"
        assert (await indexed("GET", "/static/docs/")).text == "docs"

    async def test_a_missing_slash_is_put_right(self, indexed):
        page = await indexed("GET", "/static/docs")
        assert (page.status, page.headers["location"]) == (308, "docs/")
        assert (await indexed("GET", "/static")).headers["location"] == "/static/"

    async def test_a_folder_without_one_is_not_found(self, indexed):
        assert (await indexed("GET", "/static/css/")).status == 404
        assert (await indexed("GET", "/static/css")).status == 404

    async def test_a_whole_site_beside_routes(self, tmp_path, folder):
        outer = Router()

        @outer.get("/api")
        async def api():
            return "api"

        outer.include(*Assets([StaticMount("/", "static", index="index.html")], tmp_path).routers())
        site = SiteClient(outer, tmp_path)
        assert [(await site("GET", path)).text for path in ("/", "/api", "/app.css")] == ["start", "api", "body{}"]
        exchange = MemoryExchange("GET", "//evil.example/docs", "", [("host", "test")])
        await site.site(exchange)
        assert (exchange.status, "location" in exchange.answer_fields) == (404, False)


class TestTraversal:
    """R42: one percent-decode, then no NUL, backslash, `..`, absolute or drive part; the real path inside the root."""

    NAMES = (
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "%2e%2e%2fsecret.txt",
        "css/../../secret.txt",
        "css/..%2f..%2fsecret.txt",
        "..%5csecret.txt",
        "css%5c..%5c..%5csecret.txt",
        "%252e%252e/secret.txt",
        "../static2/x.txt",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "C:/windows/win.ini",
        "C:%5cwindows%5cwin.ini",
        "app.css%00",
        "app.css%00.html",
        "app.css::$DATA",
        "app.css.",
        "app.css%20",
        "css./a",
        "app.css/",
        "app.css/x",
        "./app.css",
        "css/./a%20b.css",
        "css//a%20b.css",
        ".env",
        ".git/config",
        "css/.hidden",
        "%c0%ae%c0%ae/secret.txt",
        "%ff",
        "x" * 300,
        "x/" * 3000 + "x",
        "css",
        "%0d%0aset-cookie:x",
        "app.0123456789ab.css/../../secret.txt",
        "..0123456789ab",
        "app.css%3f",
        "app.css%23",
        "*",
        "~root",
        "con",
        "aux.txt",
    )

    @pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
    async def test_r42_is_refused_without_a_5xx(self, site, indexed, name):
        for client in (site, indexed):
            page = await client("GET", f"/static/{name}")
            assert page.status in (400, 404), page.status
            assert "secret" not in page.text or "secret.txt" in page.text

    async def test_r42_every_octet_in_a_name(self, site):
        for octet in range(256):
            for name in (f"%{octet:02x}", f"a%{octet:02x}", f"%{octet:02x}a", f"app.css%{octet:02x}"):
                assert (await site("GET", f"/static/{name}")).status in (400, 404)

    async def test_r42_links_out_of_the_root_are_not_found(self, site, folder, tmp_path):
        (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "out").symlink_to(tmp_path / "static2")
        (folder / "up").symlink_to("..")
        (folder / "loop").symlink_to("loop")
        for name in ("out.txt", "out/x.txt", "up/secret.txt", "up/static/app.css", "loop"):
            expected = 200 if name == "up/static/app.css" else 404  # out and in again: the real path counts
            assert (await site("GET", f"/static/{name}")).status == expected

    async def test_r42_links_inside_are_followed_but_not_to_what_is_hidden(self, site, folder):
        (folder / "alias.css").symlink_to("app.css")
        (folder / "config").symlink_to(".git/config")
        assert (await site("GET", "/static/alias.css")).text == "body{}"
        assert (await site("GET", "/static/config")).status == 404

    async def test_r42_a_link_that_is_turned_outside_later_is_refused(self, site, folder, tmp_path):
        (folder / "alias.css").symlink_to("app.css")
        assert (await site("GET", "/static/alias.css")).status == 200
        (folder / "alias.css").unlink()
        (folder / "alias.css").symlink_to(tmp_path / "secret.txt")
        assert (await site("GET", "/static/alias.css")).status == 404

    async def test_r42_pipes_devices_and_unreadable_files_are_not_found(self, site, folder, monkeypatch):
        os.mkfifo(folder / "pipe")
        (folder / "null").symlink_to("/dev/null")
        for name in ("pipe", "null"):
            assert (await site("GET", f"/static/{name}")).status == 404

        def refused(*args):
            raise PermissionError

        monkeypatch.setattr(os, "open", refused)
        assert (await site("GET", "/static/app.css")).status == 404


class TestPackedSiblings:
    @pytest.fixture
    def packed(self, folder):
        content = b"body{}" * 100
        (folder / "app.css").write_bytes(content)
        (folder / "app.css.gz").write_bytes(gzip.compress(content))
        (folder / "app.css.br").write_bytes(b"brotli")
        (folder / "app.css.zst").write_bytes(b"zstandard")
        return folder

    async def test_are_chosen_by_accept_encoding(self, site, packed):
        for accept, coding in (("gzip, br, zstd", "br"), ("gzip", "gzip"), ("zstd, gzip;q=0.5", "zstd")):
            page = await site("GET", "/static/app.css", accept_encoding=accept)
            assert (page.status, page.headers["content-encoding"]) == (200, coding)
            assert page.headers["content-type"] == "text/css; charset=utf-8"
            assert page.headers["vary"] == "accept-encoding"
        assert gzip.decompress((await site("GET", "/static/app.css", accept_encoding="gzip")).body)[:6] == b"body{}"

    async def test_the_plain_file_varies_too(self, site, packed):
        page = await site("GET", "/static/app.css")
        assert (page.headers["vary"], page.text[:6]) == ("accept-encoding", "body{}")
        assert "content-encoding" not in page.headers
        assert "vary" not in (await site("GET", "/static/large.bin", accept_encoding="gzip")).headers

    async def test_each_has_its_own_tag(self, site, packed):
        tags = [(await site("GET", "/static/app.css", accept_encoding=a)).headers["etag"] for a in ("", "gzip", "br")]
        assert len(set(tags)) == 3
        page = await site("GET", "/static/app.css", accept_encoding="gzip", if_none_match=tags[1])
        assert (page.status, page.headers["vary"]) == (304, "accept-encoding")
        assert (await site("GET", "/static/app.css", accept_encoding="gzip", if_none_match=tags[0])).status == 200

    async def test_one_that_is_older_than_its_file_is_left_alone(self, site, packed):
        then = time.time() - 3600
        os.utime(packed / "app.css.br", (then, then))
        assert (await site("GET", "/static/app.css", accept_encoding="gzip, br")).headers["content-encoding"] != "br"

    async def test_one_that_goes_away_is_not_missed(self, site, packed):
        await site("GET", "/static/app.css", accept_encoding="br")
        (packed / "app.css.br").unlink()
        page = await site("GET", "/static/app.css", accept_encoding="br")
        assert (page.status, page.text[:6]) == (200, "body{}")

    async def test_new_ones_are_found_after_a_second(self, folder):
        now = [100.0]
        files = StaticFolder(folder, clock=lambda: now[0])
        stored = files.find("app.css")
        assert files.codings("app.css", stored) == ()
        (folder / "app.css.gz").write_bytes(b"packed")
        assert files.codings("app.css", stored) == ()
        now[0] += 1
        assert files.codings("app.css", stored) == ("gzip",)

    async def test_asked_for_by_name_they_are_just_files(self, site, packed):
        page = await site("GET", "/static/app.css.gz", accept_encoding="gzip")
        assert (page.media_type, "content-encoding" in page.headers) == ("application/gzip", False)


class TestDigests:
    @pytest.fixture
    def assets(self, tmp_path, folder):
        return Assets([StaticMount("/static", "static"), StaticMount("/more", "static2")], tmp_path)

    async def test_an_address_with_a_digest_may_be_kept_for_ever(self, site, assets):
        url = assets.url("app.css")
        page = await site("GET", url)
        assert (page.status, page.text, page.headers["cache-control"]) == (200, "body{}", ONE_YEAR)
        assert (page.media_type, len(url)) == ("text/css", len("/static/app.0123456789ab.css"))
        assert (await site("GET", url, if_none_match=page.headers["etag"])).headers["cache-control"] == ONE_YEAR

    async def test_it_changes_with_the_content_and_only_with_it(self, assets, folder):
        url = assets.url("app.css")
        os.utime(folder / "app.css", (0, 0))
        assert assets.url("app.css") == url
        (folder / "app.css").write_text("new")
        assert assets.url("app.css") != url

    async def test_an_old_address_gives_what_is_there_now_and_is_not_kept(self, site, assets, folder):
        url = assets.url("app.css")
        (folder / "app.css").write_text("new")
        page = await site("GET", url)
        assert (page.status, page.text, page.headers["cache-control"]) == (200, "new", ASK_AGAIN)

    async def test_packed_siblings_serve_it_too(self, site, assets, folder):
        (folder / "app.css.gz").write_bytes(gzip.compress(b"body{}"))
        page = await site("GET", assets.url("app.css"), accept_encoding="gzip")
        assert (page.headers["content-encoding"], page.headers["cache-control"]) == ("gzip", ONE_YEAR)

    async def test_a_file_that_has_such_a_name_itself_is_served(self, site, folder):
        (folder / "bundle.0123456789ab.js").write_text("built")
        page = await site("GET", "/static/bundle.0123456789ab.js")
        assert (page.text, page.headers["cache-control"]) == ("built", ASK_AGAIN)

    async def test_names_are_percent_encoded_and_folders_searched_in_order(self, site, assets):
        assert assets.url("css/a b.css").startswith("/static/css/a%20b.")
        assert (await site("GET", assets.url("css/a b.css"))).headers["cache-control"] == ONE_YEAR
        assert assets.url("x.txt").startswith("/more/x.")

    async def test_a_large_file_keeps_its_name(self, site, assets, folder, monkeypatch):
        monkeypatch.setattr("sennit.web.static.HASHED_BYTES", 1000)
        assert assets.url("large.bin") == "/static/large.bin"
        assert (await site("GET", "/static/large.0123456789ab.bin")).status == 404

    async def test_a_file_that_is_not_there_is_told_with_the_nearest_name(self, assets):
        with pytest.raises(SennitError, match=r"app\.css") as caught:
            assets.url("ap.css")
        assert caught.value.code == "web.E040"

    async def test_a_folder_that_is_not_there_is_a_mistake(self, tmp_path):
        mistakes = Assets([StaticMount("/static", "nowhere")], tmp_path).mistakes()
        assert [mistake.code for mistake in mistakes] == ["web.E041"]


class TestMemory:
    async def test_small_files_are_read_once(self, folder):
        files = StaticFolder(folder)
        site = SiteClient(_router(files), folder)
        for _ in range(2):
            assert (await site("GET", "/app.css")).text == "body{}"
        assert files.cache.bytes == len("body{}")
        assert files.find("app.css").content == b"body{}"

    async def test_a_file_just_written_is_not_kept(self, folder, monkeypatch):
        monkeypatch.setattr("sennit.web.stored_file.RACY_S", 2)
        files = StaticFolder(folder)
        site = SiteClient(_router(files), folder)
        page = await site("GET", "/app.css")
        assert page.headers["etag"].startswith('W/"') and not files.cache.bytes

    async def test_names_that_lead_nowhere_are_not_kept(self, folder):
        files = StaticFolder(folder)
        site = SiteClient(_router(files), folder)
        for n in range(100):
            await site("GET", f"/{n}.0123456789ab.css")
        assert len(files.cache) == 0


def _router(files):
    router = Router()

    @router.get("/{file:path}", inline=True)
    def serve(file: str):
        return files.respond(file)

    return router
