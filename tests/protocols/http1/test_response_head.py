"""Response heads, in the order of RFC 9112. Each is fed whole and cut at every octet, to both twins."""

import pytest

LENGTH = b"Content-Length: 3"
CHUNKED = b"Transfer-Encoding: chunked"


def head(*lines, start=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([start, *lines, b"", b""])


class TestMessageParsing:  # RFC 9112 §2.2
    def test_a_head_ends_with_an_empty_line(self, response_twin):
        data = head(LENGTH)
        assert response_twin.whole(data)["end"] == len(data)
        assert response_twin.whole(head())["lines"] == []

    def test_what_follows_is_left_alone(self, response_twin):
        data = head(LENGTH)
        assert response_twin.outcome(data + b"\xff\0rest")["end"] == len(data)

    def test_it_may_start_anywhere_in_the_data(self, response_twin):
        data = head(LENGTH)
        assert response_twin.outcome(b"xxxx" + data, 4)["end"] == len(data) + 4

    def test_nothing_is_not_yet_a_head(self, response_twin):
        assert response_twin.outcome(b"") is None
        assert response_twin.outcome(b"xx", 2) is None
        assert response_twin.outcome(b"xx", 3) is None

    def test_an_empty_line_before_it_is_refused(self, response_twin):  # only servers skip one
        assert response_twin.refused(b"\r\n" + head()) == 502

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 200 OK\nA: b\n\n",
            b"HTTP/1.1 200\nA: b\n\n",
            b"HTTP/1.1 200 \nA: b\n\n",
            b"HTTP/1.1 200 OK\r\nA: b\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\r\n\n",
            b"HTTP/1.1 200 OK\rA: b\r\r",
            b"HTTP/1.1 200\rA: b\r\r",
            b"HTTP/1.1 200 O\rK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\rX: b\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\r\n\rX",
        ],
    )
    def test_lines_end_with_crlf_and_nothing_else(self, response_twin, data):
        assert response_twin.refused(data) == 502


class TestHttpVersion:  # RFC 9112 §2.3
    @pytest.mark.parametrize("version", ["1.0", "1.1"])
    def test_two_versions_are_spoken(self, response_twin, version):
        outcome = response_twin.whole(head(start=f"HTTP/{version} 200 OK".encode()))
        assert (outcome["http_version"], outcome["is_1_1"]) == (version, version == "1.1")

    @pytest.mark.parametrize(
        "version",
        [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"http/1.1", b"HTTP/1.10", b"HTTP/11", b"HTTP/1,1", b"ICY", b"", b" HTTP/1.1"],
    )  # fmt: skip
    def test_others_and_what_is_no_version_are_refused(self, response_twin, version):
        assert response_twin.refused(head(start=version + b" 200 OK")) == 502


class TestStatusLine:  # RFC 9112 §4
    @pytest.mark.parametrize("status", [100, 199, 200, 404, 599, 600, 999])
    def test_a_status_has_three_digits(self, response_twin, status):
        assert response_twin.whole(head(start=b"HTTP/1.1 %d X" % status))["status"] == status

    @pytest.mark.parametrize(
        "status",
        [b"", b"0", b"20", b"099", b"000", b"2000", b"20x", b"x00", b"+20", b" 200", b"200X", b"200\t", b"\xb200"],
    )
    def test_anything_else_is_refused(self, response_twin, status):
        assert response_twin.refused(head(start=b"HTTP/1.1 " + status + b" OK")) == 502
        assert response_twin.refused(head(start=b"HTTP/1.1 " + status)) == 502

    def test_one_space_stands_before_the_status(self, response_twin):
        assert response_twin.refused(head(start=b"HTTP/1.1\t200 OK")) == 502
        assert response_twin.refused(head(start=b"HTTP/1.1200 OK")) == 502

    @pytest.mark.parametrize("start", [b"HTTP/1.1 200 ", b"HTTP/1.1 200"])
    def test_the_phrase_may_be_empty_with_or_without_its_space(self, response_twin, start):
        outcome = response_twin.whole(head(LENGTH, start=start))
        assert (outcome["status"], outcome["reason"], outcome["content_length"]) == (200, "", 3)

    @pytest.mark.parametrize("reason", ["OK", "Not Found", " x\ty ", "Pas trouv\xe9", "\xff", "200"])
    def test_the_phrase_may_have_blanks_and_octets_above_127(self, response_twin, reason):
        assert response_twin.whole(head(start=f"HTTP/1.1 404 {reason}".encode("latin-1")))["reason"] == reason

    @pytest.mark.parametrize("octet", [*range(9), 11, 12, *range(14, 32), 127])
    def test_the_phrase_has_no_control_characters(self, response_twin, octet):
        assert response_twin.refused(head(start=b"HTTP/1.1 200 O" + bytes([octet]) + b"K")) == 502

    def test_a_phrase_over_the_limit_is_refused_before_its_end(self, response_twin):
        short = response_twin.limited(target=20)
        assert short.whole(head(start=b"HTTP/1.1 200 " + b"a" * 20))["reason"] == "a" * 20
        assert short.refused(head(start=b"HTTP/1.1 200 " + b"a" * 21)) == 502
        assert short.outcome(b"HTTP/1.1 200 " + b"a" * 21)[0] == 502


class TestFieldLines:  # RFC 9112 §5: the code is that of requests, and so are its tests
    def test_fields_are_found_by_name(self, response_twin):
        found = response_twin.parse(head(b"Set-Cookie: a=b", b"X-A:  \xe9 ", b"set-cookie:c=d", b"X:"))
        assert found.field_values("set-cookie") == ["a=b", "c=d"]
        assert found.field_value("set-cookie") == "a=b, c=d"
        assert (found.field_value("x-a"), found.field_value("x"), found.field_value("y")) == ("\xe9", "", None)
        assert found.field_values("y") == []
        assert found.field_lines()[1] == (b"X-A", b"\xe9")

    @pytest.mark.parametrize(
        "line",
        [b"X : y", b": y", b"X", b"X y: z", b"X\xe9: y", b" X: y", b"\tX: y", b"X: y\r\n z", b"X: \0", b"X: a\x7f"],
    )
    def test_a_wrong_line_is_refused(self, response_twin, line):
        assert response_twin.refused(head(LENGTH, line)) == 502
        assert response_twin.refused(head(line, LENGTH)) == 502

    def test_limits_are_those_of_requests(self, response_twin):
        few = response_twin.limited(headers=2)
        assert few.outcome(head(b"A: b", b"C: d"))["status"] == 200
        assert few.refused(head(b"A: b", b"C: d", b"E: f")) == 502
        small = response_twin.limited(head=40)
        assert small.refused(head(b"A: " + b"b" * 40)) == 502
        assert small.outcome(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 60)[0] == 502
        assert response_twin.outcome(head(b"A: " + b"b" * 16382))[0] == 502

    def test_a_host_or_an_expectation_means_nothing_here(self, response_twin):
        assert response_twin.whole(head(b"Host: a b", b"Host: c", b"Expect: x"))["status"] == 200


class TestBodyLength:  # RFC 9112 §6.3
    @pytest.mark.parametrize("lines", [[], [LENGTH], [CHUNKED], [b"Transfer-Encoding: gzip"]])
    @pytest.mark.parametrize(
        ("method", "status"), [("HEAD", 200), ("GET", 100), ("GET", 103), ("GET", 204), ("GET", 304)]
    )
    def test_1_some_have_no_body_whatever_the_fields_say(self, response_twin, method, status, lines):
        outcome = response_twin.to(method).whole(head(*lines, start=b"HTTP/1.1 %d X" % status))
        assert outcome["framing"] == "none"
        assert outcome["content_length"] == (3 if lines == [LENGTH] else -1)
        assert outcome["keep_alive"] is True

    @pytest.mark.parametrize(
        "lines", [[], [LENGTH], [CHUNKED], [LENGTH, CHUNKED], [LENGTH, LENGTH], [b"Content-Length: x"]]
    )
    @pytest.mark.parametrize("status", [200, 204, 299])
    def test_2_connect_with_success_is_a_tunnel(self, response_twin, status, lines):
        outcome = response_twin.to("CONNECT").whole(head(*lines, start=b"HTTP/1.1 %d X" % status))
        assert (outcome["framing"], outcome["content_length"], outcome["keep_alive"]) == ("tunnel", -1, False)

    @pytest.mark.parametrize("status", [300, 407, 502])
    def test_2_connect_without_success_is_an_answer_like_others(self, response_twin, status):
        assert response_twin.to("CONNECT").whole(head(LENGTH, start=b"HTTP/1.1 %d X" % status))["framing"] == "length"

    @pytest.mark.parametrize("lines", [[LENGTH, CHUNKED], [CHUNKED, LENGTH], [LENGTH, b"Transfer-Encoding: gzip"]])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_3_both_framings_are_refused_as_smuggling(self, response_twin, lines, method):
        assert response_twin.to(method).refused(head(*lines)) == 502

    def test_3_a_coding_in_1_0_is_refused(self, response_twin):
        assert response_twin.refused(head(CHUNKED, start=b"HTTP/1.0 200 OK")) == 502

    @pytest.mark.parametrize("value", [b"chunked", b"CHUNKED", b" gzip, chunked ", b"gzip\t,\tchunked", b"a,b,Chunked"])
    def test_4_chunked_as_the_last_coding_ends_with_the_last_chunk(self, response_twin, value):
        outcome = response_twin.whole(head(b"Transfer-Encoding:" + value))
        assert (outcome["framing"], outcome["content_length"], outcome["keep_alive"]) == ("chunked", -1, True)

    @pytest.mark.parametrize("value", [b"gzip", b"identity", b"chunked, gzip", b"xchunked", b"chunkedx"])
    def test_4_another_last_coding_ends_with_the_connection(self, response_twin, value):
        outcome = response_twin.whole(head(b"Transfer-Encoding: " + value))
        assert (outcome["framing"], outcome["keep_alive"]) == ("close", False)

    @pytest.mark.parametrize(
        "value",
        [b"", b",", b"chunked,", b",chunked", b"chunked, chunked", b"chunked, gzip, chunked", b"chunked;a=b", b'"chunked"',
         b"gzip chunked"],
    )  # fmt: skip
    def test_4_what_is_no_list_of_codings_or_has_chunked_twice_is_refused(self, response_twin, value):
        assert response_twin.refused(head(b"Transfer-Encoding: " + value)) == 502

    def test_4_two_lines_are_refused(self, response_twin):
        assert response_twin.refused(head(b"Transfer-Encoding: gzip", CHUNKED)) == 502

    @pytest.mark.parametrize("value", [b"", b"-1", b"+1", b"1 1", b"3, 3", b"0x1", b"1_0", b"\xb2", b"1" * 20])
    def test_5_a_wrong_length_is_refused(self, response_twin, value):
        assert response_twin.refused(head(b"Content-Length: " + value)) == 502

    @pytest.mark.parametrize("other", [LENGTH, b"content-length: 4"])
    def test_5_two_lengths_are_refused_even_if_equal(self, response_twin, other):
        assert response_twin.refused(head(LENGTH, other)) == 502

    @pytest.mark.parametrize("value", ["0", "5", "007", "9999999999999999999"])
    def test_6_a_length_ends_after_so_many_octets(self, response_twin, value):
        outcome = response_twin.whole(head(f"Content-Length: {value}".encode()))
        assert (outcome["framing"], outcome["content_length"]) == ("length", int(value))

    def test_8_without_any_it_ends_with_the_connection(self, response_twin):
        outcome = response_twin.whole(head())
        assert (outcome["framing"], outcome["content_length"], outcome["keep_alive"]) == ("close", -1, False)


class TestConnection:  # RFC 9112 §9.3
    @pytest.mark.parametrize(
        ("version", "value", "keeps"),
        [
            ("1.1", b"", True),
            ("1.1", b"close", False),
            ("1.1", b"foo, Close ,bar", False),
            ("1.1", b"closed", True),
            ("1.0", b"", False),
            ("1.0", b"keep-alive", True),
            ("1.0", b"Keep-Alive, close", False),
        ],
    )
    def test_it_says_whether_another_response_may_follow(self, response_twin, version, value, keeps):
        start = f"HTTP/{version} 200 OK".encode()
        assert response_twin.whole(head(LENGTH, b"Connection: " + value, start=start))["keep_alive"] is keeps

    def test_no_response_follows_a_change_of_protocol(self, response_twin):  # RFC 9110 §7.8
        outcome = response_twin.whole(head(b"Connection: Upgrade", b"Upgrade: websocket", start=b"HTTP/1.1 101 X"))
        assert (outcome["framing"], outcome["upgrades"], outcome["keep_alive"]) == ("none", True, False)

    def test_an_upgrade_is_for_1_1_only(self, response_twin):
        assert response_twin.whole(head(b"Connection: upgrade", start=b"HTTP/1.0 101 X"))["upgrades"] is False
