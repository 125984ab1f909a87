"""Cookies of the client, in the order of RFC 6265bis §5: dates, domains, paths, what is set, kept and sent."""

import stat

import pytest

from client.answering import answer
from sennit.client import Client, CookieJar
from sennit.client.cookie_jar import default_path, domain_matches, path_matches
from sennit.client.set_cookie import LONGEST_LIFE_S, parse_cookie_date, parse_set_cookie
from sennit.client.url import parse_url
from sennit.errors import SennitError

NOW = 1_700_000_000.0
HTTPS = "https://shop.example.com/cart/items?x=1"
HTTP = "http://shop.example.com/cart/items"


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jar(clock):
    return CookieJar(clock=clock)


def stored(jar, line, url=HTTPS):
    return jar.store(parse_url(url), line)


def sent(jar, url=HTTPS):
    return jar.header_for(parse_url(url))


class TestDates:  # §5.1.1
    @pytest.mark.parametrize(
        "text",
        [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "08:49:37 6 nov 1994", "6 November 94 8:49:37", "1994/Nov/06 08:49:37", "Nov 06 08:49:37x 1994 PST",
            '"Sun, 06 Nov 1994 08:49:37 GMT"', "Sun,06 Nov 1994 08:49:37",
        ],
    )  # fmt: skip
    def test_whatever_order_a_server_writes_one_in(self, text):
        assert parse_cookie_date(text) == 784111777.0

    @pytest.mark.parametrize(
        "text",
        [
            "", "soon", "Sun, 06 Nov 1994", "08:49:37 06 1994", "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "06 Nov 1994 08:00:60",
            "00 Nov 1994 08:49:37", "32 Nov 1994 08:49:37", "31 Feb 2025 08:00:00", "31 Nov 2025 08:00:00", "06 Nov 1600 08:49:37",
        ],
    )  # fmt: skip
    def test_what_is_no_day_or_no_time_is_no_date(self, text):
        assert parse_cookie_date(text) is None

    @pytest.mark.parametrize(("year", "full"), [("69", 2069), ("70", 1970), ("99", 1999), ("00", 2000), ("1601", 1601)])
    def test_years_of_two_digits(self, year, full):
        assert parse_cookie_date(f"01 Jan {year} 00:00:00") == parse_cookie_date(f"01 Jan {full} 00:00:00")

    def test_29_february_is_there_every_fourth_year(self):
        assert parse_cookie_date("29 Feb 2024 00:00:00") is not None
        assert parse_cookie_date("29 Feb 2023 00:00:00") is None


class TestMatching:  # §5.1.3, §5.1.4
    @pytest.mark.parametrize(
        ("host", "domain", "is_match"),
        [
            ("a.b", "a.b", True), ("x.a.b", "a.b", True), ("xa.b", "a.b", False), ("a.b", "x.a.b", False),
            ("1.2.3.4", "3.4", False), ("1.2.3.4", "1.2.3.4", True), ("::1", "::1", True),
        ],
    )  # fmt: skip
    def test_domains(self, host, domain, is_match):
        assert domain_matches(host, domain) is is_match

    @pytest.mark.parametrize(
        ("path", "cookie_path", "is_match"),
        [
            ("/a", "/a", True),
            ("/a/b", "/a", True),
            ("/a/b", "/a/", True),
            ("/ab", "/a", False),
            ("/", "/a", False),
            ("/a", "/", True),
        ],
    )
    def test_paths(self, path, cookie_path, is_match):
        assert path_matches(path, cookie_path) is is_match

    @pytest.mark.parametrize(
        ("path", "default"), [("/", "/"), ("/a", "/"), ("/a/", "/a"), ("/a/b", "/a"), ("", "/"), ("/a/b?c", "/a")]
    )
    def test_the_path_where_none_is_said_is_the_folder(self, path, default):
        assert default_path(path) == default


class TestSetCookie:  # §5.6
    @pytest.mark.parametrize(
        ("line", "name", "value"),
        [
            ("a=b", "a", "b"), (" a = b ", "a", "b"), ("a=b=c", "a", "b=c"), ("a=", "a", ""), ("a", "", "a"), ("=a", "", "a"),
            ('a="b c"', "a", '"b c"'), ("a=b;", "a", "b"), ("a=b; nonsense; =x", "a", "b"), ("a=ü", "a", "ü"), ("a=b\tc", "a", "b\tc"),
        ],
    )  # fmt: skip
    def test_name_and_value(self, line, name, value):
        cookie = parse_set_cookie(line, NOW)
        assert (cookie.name, cookie.value) == (name, value)

    @pytest.mark.parametrize("line", ["", "=", ";", "a=b\0", "a=b\r\nc", "a=\x7f", "a" * 2048 + "=" + "b" * 2049])
    def test_what_is_none(self, line):
        assert parse_set_cookie(line, NOW) is None

    @pytest.mark.parametrize(
        ("attributes", "expires"),
        [
            ("Max-Age=60", NOW + 60), ("max-age=060", NOW + 60), ("Max-Age=0", 0.0), ("Max-Age=-1", 0.0), ("Max-Age=-", None),
            ("Max-Age=+5", None), ("Max-Age=1.5", None), ("Max-Age=", None), ("Max-Age=" + "9" * 300, NOW + LONGEST_LIFE_S),
            ("Expires=Tue, 14 Nov 2023 22:14:20 GMT", NOW + 60), ("Expires=Tue, 14 Nov 2023 22:14:20 GMT; Max-Age=5", NOW + 5),
            ("Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", NOW + 5), ("Expires=never", None), ("Max-Age=5; Max-Age=6", NOW + 6),
            ("Expires=Fri, 01 Jan 2100 00:00:00 GMT", NOW + LONGEST_LIFE_S),
        ],
    )  # fmt: skip
    def test_how_long_it_lives_and_max_age_comes_before_expires(self, attributes, expires):
        assert parse_set_cookie(f"a=b; {attributes}", NOW).expires == expires

    @pytest.mark.parametrize(
        ("attribute", "same_site"),
        [("SameSite=Lax", "lax"), ("samesite=STRICT", "strict"), ("SameSite=None", "none"), ("SameSite=x", "")],
    )
    def test_same_site_is_kept(self, attribute, same_site):
        assert parse_set_cookie(f"a=b; {attribute}", NOW).same_site == same_site

    def test_the_last_of_two_equal_attributes_counts_and_an_endless_one_does_not(self):
        cookie = parse_set_cookie("a=b; path=/x; Path=/y; domain=.A.example; HttpOnly; path=/" + "z" * 2000, NOW)
        assert (cookie.path, cookie.domain, cookie.http_only) == ("/y", "a.example", True)


class TestStoring:  # §5.7
    @pytest.mark.parametrize(
        ("line", "url", "is_kept"),
        [
            ("a=b; domain=example.com", HTTPS, True), ("a=b; domain=shop.example.com", HTTPS, True),
            ("a=b; domain=.example.com", HTTPS, True),
            ("a=b; domain=other.example", HTTPS, False), ("a=b; domain=x.shop.example.com", HTTPS, False),
            ("a=b; domain=com", HTTPS, False),
            ("a=b; domain=op.example.com", HTTPS, False), ("a=b; domain=", HTTPS, True), ("a=b; domain=co.uk", "https://a.co.uk/", False),
            ("a=b; domain=github.io", "https://me.github.io/", False), ("a=b; domain=127.0.0.1", "http://127.0.0.1/", True),
            ("a=b; domain=0.0.1", "http://127.0.0.1/", False), ("a=b; domain=localhost", "http://localhost/", True),
            ("a=b; secure", HTTPS, True), ("a=b; secure", HTTP, False), ("a=b; samesite=none; secure", HTTPS, True),
            ("a=b; samesite=none", HTTPS, False), ("a=b; samesite=none", HTTP, False), ("a=b; samesite=lax", HTTP, True),
            ("__Secure-a=b; secure", HTTPS, True), ("__Secure-a=b", HTTPS, False), ("__secure-a=b", HTTPS, False),
            ("__Host-a=b; secure; path=/", HTTPS, True), ("__Host-a=b; secure", HTTPS, False), ("__host-a=b; path=/", HTTPS, False),
            ("__Host-a=b; secure; path=/; domain=shop.example.com", HTTPS, False), ("=__Host-a=b", HTTPS, False),
            ("__Secure-a", HTTPS, False),
        ],
    )  # fmt: skip
    def test_r9_whose_it_may_be(self, jar, line, url, is_kept):
        assert stored(jar, line, url) is is_kept
        assert len(jar) == is_kept

    def test_r9_an_insecure_place_cannot_stand_in_for_a_secure_cookie(self, jar, clock):
        stored(jar, "a=good; secure; domain=example.com; path=/")
        clock.now += 1
        assert not stored(jar, "a=bad; path=/", HTTP)
        assert not stored(jar, "a=bad; path=/cart", HTTP)
        assert not stored(jar, "a=bad; domain=example.com; path=/", "http://other.example.com/")
        assert stored(jar, "b=fine; path=/", HTTP)
        assert stored(jar, "a=fine; path=/", "http://elsewhere.example/")
        assert sent(jar) == "a=good; b=fine"

    def test_for_a_host_that_is_itself_a_public_suffix_it_stays_with_the_host(self, jar):
        assert stored(jar, "a=b; domain=github.io", "https://github.io/")
        assert sent(jar, "https://github.io/") == "a=b"
        assert sent(jar, "https://me.github.io/") == ""

    def test_one_with_the_same_name_domain_and_path_takes_its_place_and_its_age(self, jar, clock):
        stored(jar, "a=1; path=/")
        clock.now += 1
        stored(jar, "b=1; path=/")
        clock.now += 1
        stored(jar, "a=2; path=/")
        assert sent(jar) == "a=2; b=1"
        assert len(jar) == 2

    def test_one_that_has_expired_removes_it(self, jar):
        stored(jar, "a=1; path=/")
        stored(jar, "a=; path=/; max-age=0")
        assert len(jar) == 0 and not jar

    def test_a_domain_and_the_whole_jar_are_bounded_and_the_oldest_make_room(self, clock):
        jar = CookieJar(most=5, most_per_domain=3, clock=clock)
        for host in ("a.example", "b.example"):
            for number in range(4):
                clock.now += 1
                stored(jar, f"c{number}=x", f"https://{host}/")
        assert sorted((each.domain, each.name) for each in jar) == [
            ("a.example", "c2"), ("a.example", "c3"), ("b.example", "c1"), ("b.example", "c2"), ("b.example", "c3"),
        ]  # fmt: skip

    def test_what_has_expired_makes_room_first(self, clock):
        jar = CookieJar(most_per_domain=2, clock=clock)
        stored(jar, "old=1; path=/")
        clock.now += 1
        stored(jar, "short=1; path=/; max-age=5")
        clock.now += 10
        stored(jar, "new=1; path=/")
        assert sent(jar) == "old=1; new=1"


class TestSending:  # §5.8
    def test_the_longer_path_first_then_the_older(self, jar, clock):
        for line in ("a=1; path=/", "b=2; path=/cart", "c=3; path=/"):
            clock.now += 1
            stored(jar, line)
        assert sent(jar) == "b=2; a=1; c=3"

    @pytest.mark.parametrize(
        ("line", "url", "header"),
        [
            ("a=b; path=/", "https://shop.example.com/", "a=b"), ("a=b; path=/", "https://x.shop.example.com/", ""),
            ("a=b; path=/; domain=example.com", "https://other.example.com/", "a=b"),
            ("a=b; path=/; domain=example.com", "https://example.com/", "a=b"),
            ("a=b; path=/; domain=example.com", "https://badexample.com/", ""), ("a=b; path=/; secure", "http://shop.example.com/", ""),
            ("a=b; path=/; secure", "wss://shop.example.com/", "a=b"), ("a=b", "https://shop.example.com/cart", "a=b"),
            ("a=b", "https://shop.example.com/", ""), ("a=b; path=/", "https://shop.example.com:8443/", "a=b"),
            ("alone; path=/", HTTPS, "alone"),
        ],
    )  # fmt: skip
    def test_where_it_goes(self, jar, line, url, header):
        stored(jar, line)
        assert sent(jar, url) == header

    def test_it_stops_at_its_time(self, jar, clock):
        stored(jar, "a=b; path=/; max-age=5")
        clock.now += 4.9
        assert sent(jar) == "a=b"
        clock.now += 0.1
        assert sent(jar) == ""

    def test_octets_beyond_ascii_go_back_as_they_came(self, jar):
        stored(jar, "a=\xfc; path=/")
        assert sent(jar).encode("latin-1") == b"a=\xfc"


class TestByHand:
    def test_set_get_remove_and_clear(self, jar):
        jar.set("a", "1", domain="Shop.Example.com")
        jar.set("a", "2", domain="other.example", path="/x", secure=True)
        assert (jar.get("a"), jar.get("a", parse_url(HTTPS)), jar.get("b")) == ("1", "1", None)
        assert jar.get("a", parse_url("https://other.example/x")) == "2"
        assert (jar.remove("a", domain="other.example"), jar.remove("b")) == (1, 0)
        assert [cookie.value for cookie in jar] == ["1"]
        jar.clear()
        assert not jar

    def test_what_a_cookie_cannot_carry_is_refused(self, jar):
        with pytest.raises(SennitError) as caught:
            jar.set("a", "b; c", domain="h")
        assert caught.value.code == "http.E003"


class TestFile:
    def test_it_is_kept_for_its_owner_alone_and_read_again(self, clock, tmp_path):
        jar, path = CookieJar(), tmp_path / "cookies.json"
        stored(jar, "a=1; path=/; max-age=1000; secure; httponly; samesite=lax")
        stored(jar, "session=2; path=/")
        jar.save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [*CookieJar.load(path)] == [cookie for cookie in jar if cookie.name == "a"]
        jar.save(path, session=True)
        assert [*CookieJar.load(path)] == [*jar]
        assert [*tmp_path.iterdir()] == [path]

    def test_what_has_expired_meanwhile_is_not_there(self, clock, tmp_path):
        jar = CookieJar(clock=clock)
        stored(jar, "a=1; max-age=1000")
        jar.save(tmp_path / "c")
        assert len(CookieJar.load(tmp_path / "c")) == 0  # the clock of the test stands in 2023

    def test_no_file_is_an_empty_jar_and_another_file_an_error(self, tmp_path):
        assert len(CookieJar.load(tmp_path / "none")) == 0
        (tmp_path / "other").write_text("[1]")
        with pytest.raises(SennitError) as caught:
            CookieJar.load(tmp_path / "other")
        assert caught.value.code == "client.E026"


class TestInAClient:
    async def test_they_are_kept_and_sent_over_redirects_too(self, serve_site, open_client):
        def handler(asked):
            if asked.path == "/log-in":
                return answer(302, location="/in", set_cookie="id=1; path=/")
            return answer(200, asked.headers.get("cookie", ""))

        client = open_client((await serve_site(handler)).url, follow_redirects=True)
        assert (await client.get("/log-in")).text == "id=1"
        assert (await client.get("/")).text == "id=1"
        assert client.cookies.get("id") == "1"

    async def test_several_lines_and_what_one_answer_sets(self, serve_site, open_client):
        site = await serve_site(
            lambda asked: b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2; secure\r\ncontent-length: 0\r\n\r\n"
        )
        client = open_client(site.url)
        assert (await client.get("/")).cookies == {"a": "1", "b": "2"}
        assert [cookie.name for cookie in client.cookies] == ["a"], "the jar takes no secure one from http"

    async def test_given_as_a_mapping_they_go_to_the_base_url_alone(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(200, asked.headers.get("cookie", "")))
        client = open_client(site.url, cookies={"a": "1"})
        assert (await client.get("/")).text == "a=1"
        assert (await client.get(site.url.replace("127.0.0.1", "localhost") + "/")).text == ""
        with pytest.raises(SennitError) as caught:
            Client(cookies={"a": "1"})
        assert caught.value.code == "client.E029"

    async def test_a_line_of_the_program_wins_and_false_keeps_none(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(200, asked.headers.get("cookie", ""), set_cookie="a=1; path=/"))
        client = open_client(site.url)
        await client.get("/")
        assert (await client.get("/", headers={"cookie": "b=2"})).text == "b=2"
        client = open_client(site.url, cookies=False)
        await client.get("/")
        assert (await client.get("/")).text == ""
        assert client.cookies is None
