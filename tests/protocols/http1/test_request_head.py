"""Request heads, in the order of RFC 9112. Each is fed whole and cut at every octet, to both twins."""

import pytest


def head(*lines, start=b"GET / HTTP/1.1"):
    return b"\r\n".join([start, *lines, b"", b""])


HOST = b"Host: a.example"


class TestMessageParsing:  # RFC 9112 §2.2
    def test_a_head_ends_with_an_empty_line(self, twin):
        data = head(HOST)
        assert twin.whole(data)["end"] == len(data)

    def test_what_follows_is_left_alone(self, twin):
        data = head(HOST)
        assert twin.outcome(data + b"\xff\0rest")["end"] == len(data)

    def test_it_may_start_anywhere_in_the_data(self, twin):
        data = head(HOST)
        assert twin.outcome(b"xxxx" + data, 4)["end"] == len(data) + 4

    def test_nothing_is_not_yet_a_head(self, twin):
        assert twin.outcome(b"") is None

    def test_one_empty_line_before_it_is_skipped(self, twin):
        assert twin.whole(b"\r\n" + head(HOST))["method"] == "GET"

    def test_a_drip_of_empty_lines_is_refused(self, twin):
        assert twin.refused(b"\r\n\r\n" + head(HOST)) == 400

    @pytest.mark.parametrize(
        "data",
        [
            b"GET / HTTP/1.1\nHost: a\n\n",
            b"GET / HTTP/1.1\r\nHost: a\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\n",
            b"GET / HTTP/1.1\rHost: a\r\r",
            b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\rX",
            b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    )
    def test_lines_end_with_crlf_and_nothing_else(self, twin, data):
        assert twin.refused(data) == 400


class TestHttpVersion:  # RFC 9112 §2.3
    @pytest.mark.parametrize("version", ["1.0", "1.1"])
    def test_two_versions_are_spoken(self, twin, version):
        assert twin.whole(head(HOST, start=f"GET / HTTP/{version}".encode()))["http_version"] == version

    @pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/9.9"])
    def test_others_are_told_so(self, twin, version):
        assert twin.refused(head(HOST, start=b"GET / " + version)) == 505

    def test_the_preface_of_http2_is_told_so(self, twin):
        assert twin.refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") in (400, 505)

    @pytest.mark.parametrize(
        "version", [b"http/1.1", b"HTTP/1.1 ", b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1,1", b"HTTP/a.b", b"HTTPS/1.1", b""]
    )
    def test_what_is_no_version_is_refused(self, twin, version):
        assert twin.refused(head(HOST, start=b"GET / " + version)) == 400

    def test_http_0_9_is_refused(self, twin):
        assert twin.refused(b"GET /\r\n") == 400


class TestMethod:  # RFC 9112 §3.1, RFC 9110 §9.1
    @pytest.mark.parametrize("method", ["GET", "POST", "get", "M-SEARCH", "X!#$%&'*+.^_`|~9"])
    def test_a_method_is_a_token_and_keeps_its_case(self, twin, method):
        assert twin.whole(head(HOST, start=f"{method} / HTTP/1.1".encode()))["method"] == method

    @pytest.mark.parametrize(
        "start", [b"G\xc3\x89T / HTTP/1.1", b"G(T / HTTP/1.1", b" / HTTP/1.1", b"\tGET / HTTP/1.1"]
    )
    def test_what_is_no_token_is_refused(self, twin, start):
        assert twin.refused(head(HOST, start=start)) == 400

    def test_one_longer_than_any_is_not_implemented(self, twin):
        assert twin.refused(head(HOST, start=b"A" * 33 + b" / HTTP/1.1")) == 501

    @pytest.mark.parametrize("start", [b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET /\tHTTP/1.1"])
    def test_one_space_stands_between_the_parts(self, twin, start):
        assert twin.refused(head(HOST, start=start)) == 400

    def test_connect_is_not_implemented(self, twin):
        assert twin.refused(head(HOST, start=b"CONNECT a:1 HTTP/1.1")) == 501


class TestRequestTarget:  # RFC 9112 §3.2
    def test_origin_form_is_a_path_and_a_query(self, twin):
        outcome = twin.whole(head(HOST, start=b"GET /a%20b/c?d=e?f HTTP/1.1"))
        assert (outcome["raw_path"], outcome["query_string"]) == ("/a%20b/c", "d=e?f")

    def test_an_empty_query_is_like_none(self, twin):
        assert twin.whole(head(HOST, start=b"GET /? HTTP/1.1"))["query_string"] == ""

    @pytest.mark.parametrize(
        ("target", "path", "query", "host"),
        [
            (b"http://B.example:8080/p?q", "/p", "q", "b.example:8080"),
            (b"HTTPS://b.example", "/", "", "b.example"),
            (b"http://b.example?q", "/", "q", "b.example"),
        ],
    )
    def test_absolute_form_wins_over_host(self, twin, target, path, query, host):
        outcome = twin.whole(head(HOST, start=b"GET " + target + b" HTTP/1.1"))
        assert (outcome["raw_path"], outcome["query_string"], outcome["host"]) == (path, query, host)

    def test_absolute_form_needs_host_all_the_same(self, twin):
        assert twin.refused(head(start=b"GET http://b.example/ HTTP/1.1")) == 400

    def test_asterisk_form_is_for_options(self, twin):
        assert twin.whole(head(HOST, start=b"OPTIONS * HTTP/1.1"))["raw_path"] == "*"
        assert twin.refused(head(HOST, start=b"GET * HTTP/1.1")) == 400

    @pytest.mark.parametrize(
        "target",
        [
            b"a",
            b"a/b",
            b"/a#b",
            b"/\xc3\xa9",
            b"/\x7f",
            b"/\x00",
            b"http://u@b/",
            b"http:///",
            b"ftp://b/",
            b"http://b:x/",
        ],
    )
    def test_other_forms_and_characters_are_refused(self, twin, target):
        assert twin.refused(head(HOST, start=b"GET " + target + b" HTTP/1.1")) == 400

    def test_one_over_the_limit_is_too_long_even_before_its_end(self, twin):
        short = twin.limited(target=20)
        assert short.outcome(head(HOST, start=b"GET /" + b"a" * 19 + b" HTTP/1.1"))["raw_path"] == "/" + "a" * 19
        assert short.refused(head(HOST, start=b"GET /" + b"a" * 20 + b" HTTP/1.1")) == 414
        assert short.outcome(b"GET /" + b"a" * 20)[0] == 414

    def test_the_default_takes_eight_thousand_octets_and_more(self, twin):
        assert twin.outcome(head(HOST, start=b"GET /" + b"a" * 8190 + b" HTTP/1.1"))["method"] == "GET"


class TestHost:  # RFC 9112 §3.2, RFC 9110 §7.2
    @pytest.mark.parametrize(
        "host",
        ["a", "A.Example", "a.example:80", "127.0.0.1", "[::1]", "[::1]:8080", "x_y", "a%20b", "xn--bcher-kva.example"],
    )
    def test_it_is_a_host_with_an_optional_port_in_lower_case(self, twin, host):
        assert twin.whole(head(f"Host: {host}".encode()))["host"] == host.lower()

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"a b",
            b"a,b",
            b"u@a",
            b"a/b",
            b"a:",
            b"a:x",
            b"a:65536",
            b"a:123456",
            b"http://a",
            b"[::1",
            b"a:80:80",
            b"a\\b",
        ],
    )
    def test_anything_else_is_refused(self, twin, value):
        assert twin.refused(head(b"Host: " + value)) == 400

    def test_it_is_required_in_1_1(self, twin):
        assert twin.refused(head(b"X: y")) == 400
        assert twin.refused(head()) == 400

    def test_it_may_be_missing_in_1_0(self, twin):
        assert twin.whole(head(start=b"GET / HTTP/1.0"))["host"] == ""

    @pytest.mark.parametrize("version", [b"1.0", b"1.1"])
    def test_two_are_refused_even_if_equal(self, twin, version):
        assert twin.refused(head(HOST, HOST, start=b"GET / HTTP/" + version)) == 400


class TestFieldLines:  # RFC 9112 §5
    def test_names_keep_their_case_and_values_lose_the_white_space_around(self, twin):
        outcome = twin.whole(head(HOST, b"X-A:b", b"x-b: \t c d \t", b"X-C:"))
        assert outcome["lines"] == [(b"Host", b"a.example"), (b"X-A", b"b"), (b"x-b", b"c d"), (b"X-C", b"")]

    def test_a_value_may_have_octets_above_127(self, twin):
        assert twin.whole(head(HOST, b"X: \xe9\xff"))["lines"][1] == (b"X", b"\xe9\xff")

    @pytest.mark.parametrize(
        "line",
        [b"X : y", b"X\t: y", b": y", b"X", b"X y: z", b"X(: y", b"X\xe9: y", b"X\0: y", b" X: y", b"\tX: y", b"{}: y"],
    )
    def test_a_name_is_a_token_followed_by_a_colon(self, twin, line):
        assert twin.refused(head(HOST, line)) == 400
        assert twin.refused(head(line, HOST)) == 400

    def test_folded_lines_are_refused(self, twin):  # §5.2
        assert twin.refused(head(HOST, b"X: y", b" z")) == 400

    @pytest.mark.parametrize("octet", [*range(9), 11, 12, *range(14, 32), 127])
    def test_a_value_has_no_control_characters(self, twin, octet):
        assert twin.refused(head(HOST, b"X: y" + bytes([octet]) + b"z")) == 400

    def test_too_many_lines_are_refused(self, twin):
        few = twin.limited(headers=3)
        assert few.outcome(head(HOST, b"A: b", b"C: d"))["method"] == "GET"
        assert few.refused(head(HOST, b"A: b", b"C: d", b"E: f")) == 431

    def test_too_large_a_header_section_is_refused_before_its_end(self, twin):
        small = twin.limited(head=40)
        assert small.refused(head(HOST, b"A: " + b"b" * 40)) == 431
        assert small.outcome(b"GET / HTTP/1.1\r\nA: " + b"b" * 60)[0] == 431

    def test_one_line_has_its_own_limit(self, twin):
        assert twin.outcome(head(HOST, b"A: " + b"b" * 16381))["method"] == "GET"
        assert twin.outcome(head(HOST, b"A: " + b"b" * 16382))[0] == 431
        assert twin.outcome(head(HOST, b"A" * 16385)[:-4])[0] == 431


class TestTransferEncoding:  # RFC 9112 §6.1
    @pytest.mark.parametrize("line", [b"Transfer-Encoding: chunked", b"transfer-encoding:\tCHUNKED "])
    def test_chunked_is_understood(self, twin, line):
        outcome = twin.whole(head(HOST, line, start=b"POST / HTTP/1.1"))
        assert outcome["chunked"] is True
        assert outcome["content_length"] == -1

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"gzip",
            b"identity",
            b"gzip, chunked",
            b"chunked, chunked",
            b"chunked;a=b",
            b"xchunked",
            b'"chunked"',
            b",chunked",
        ],
    )
    def test_other_codings_are_not_implemented(self, twin, value):
        assert twin.refused(head(HOST, b"Transfer-Encoding: " + value)) == 501

    def test_a_vertical_tab_does_not_hide_it(self, twin):
        assert twin.refused(head(HOST, b"Transfer-Encoding: \x0bchunked")) == 400

    def test_two_lines_are_refused(self, twin):
        assert twin.refused(head(HOST, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")) == 400

    @pytest.mark.parametrize("order", [1, -1])
    def test_with_content_length_is_refused_as_smuggling(self, twin, order):
        lines = [b"Transfer-Encoding: chunked", b"Content-Length: 3"][::order]
        assert twin.refused(head(HOST, *lines)) == 400

    def test_in_1_0_is_refused(self, twin):
        assert twin.refused(head(HOST, b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.0")) == 400


class TestContentLength:  # RFC 9112 §6.2, RFC 9110 §8.6
    @pytest.mark.parametrize("value", ["0", "5", "007", "9999999999999999999"])
    def test_it_is_a_number_of_at_most_19_digits(self, twin, value):
        assert twin.whole(head(HOST, f"Content-Length: {value}".encode()))["content_length"] == int(value)

    def test_none_is_minus_one(self, twin):
        assert twin.whole(head(HOST))["content_length"] == -1

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"-1",
            b"+1",
            b"1 1",
            b"1,1",
            b"1, 1",
            b"0x1",
            b"1_0",
            b"1.0",
            b"1e3",
            b"\xb2",
            b"1" * 20,
            b"five",
            b"1;",
        ],
    )
    def test_anything_else_is_refused(self, twin, value):
        assert twin.refused(head(HOST, b"Content-Length: " + value)) == 400

    def test_two_are_refused_even_if_equal(self, twin):
        assert twin.refused(head(HOST, b"Content-Length: 3", b"Content-Length: 3")) == 400


class TestConnection:  # RFC 9112 §9.3
    @pytest.mark.parametrize(
        ("version", "value", "keeps"),
        [
            ("1.1", b"", True),
            ("1.1", b"close", False),
            ("1.1", b"Close", False),
            ("1.1", b"foo, close ,bar", False),
            ("1.1", b"closed", True),
            ("1.0", b"", False),
            ("1.0", b"keep-alive", True),
            ("1.0", b"Keep-Alive, close", False),
        ],
    )
    def test_it_says_whether_another_request_may_follow(self, twin, version, value, keeps):
        start = f"GET / HTTP/{version}".encode()
        assert twin.whole(head(HOST, b"Connection: " + value, start=start))["keep_alive"] is keeps

    def test_several_lines_count_together(self, twin):
        outcome = twin.whole(head(HOST, b"Connection: upgrade", b"Connection: close"))
        assert (outcome["upgrades"], outcome["keep_alive"]) == (True, False)

    def test_an_upgrade_is_for_1_1_only(self, twin):  # RFC 9110 §7.8
        assert twin.whole(head(HOST, b"Connection: Upgrade, x"))["upgrades"] is True
        assert twin.whole(head(HOST, b"Connection: upgrade", start=b"GET / HTTP/1.0"))["upgrades"] is False


class TestExpect:  # RFC 9110 §10.1.1
    def test_100_continue_is_understood(self, twin):
        assert twin.whole(head(HOST, b"Expect: 100-Continue"))["expects_continue"] is True

    def test_it_is_ignored_in_1_0(self, twin):
        outcome = twin.whole(head(HOST, b"Expect: 100-continue", b"Expect: x", start=b"GET / HTTP/1.0"))
        assert outcome["expects_continue"] is False

    @pytest.mark.parametrize("value", [b"", b"200-ok", b"100-continue, x"])
    def test_other_expectations_fail(self, twin, value):
        assert twin.refused(head(HOST, b"Expect: " + value)) == 417
