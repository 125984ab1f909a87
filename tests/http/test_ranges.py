"""RFC 9110 §14: byte ranges."""

import pytest

from sennit.http.ranges import ByteRange, content_range, parse_ranges, part_heads, unsatisfied_range


class TestParsing:  # §14.1.1, §14.1.2
    @pytest.mark.parametrize(
        ("value", "parts"),
        [
            ("bytes=0-4", [(0, 5)]),
            ("bytes=5-", [(5, 10)]),
            ("bytes=-3", [(7, 10)]),
            ("bytes=-30", [(0, 10)]),
            ("bytes=0-99", [(0, 10)]),
            ("bytes=0-" + "9" * 30, [(0, 10)]),
            ("Bytes = 0-0 ,\t9-9", [(0, 1), (9, 10)]),
            ("bytes=,0-0,,", [(0, 1)]),
        ],
        ids=range(8),
    )
    def test_satisfiable_ranges(self, value, parts):
        assert parse_ranges(value, 10) == [ByteRange(*part) for part in parts]

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=-",
            "bytes=1",
            "bytes=+1-2",
            "bytes=1-2;3-4",
            "bytes=\u0661-2",
            "lines=0-1",
            "bytes=0-1, x",
        ],
        ids=range(13),
    )
    def test_what_is_malformed_or_of_another_unit_is_ignored(self, value):
        assert parse_ranges(value, 10) is None

    @pytest.mark.parametrize("value", ["bytes=10-", "bytes=99-100", "bytes=" + "9" * 40 + "-", "bytes=-0"])
    def test_nothing_of_it_is_there(self, value):
        assert parse_ranges(value, 10) == []

    def test_what_is_not_there_is_left_out_beside_what_is(self):
        assert parse_ranges("bytes=0-1,50-60", 10) == [ByteRange(0, 2)]

    def test_of_nothing(self):
        assert parse_ranges("bytes=0-", 0) == []
        assert parse_ranges("bytes=-5", 0) is None  # satisfiable, but no Content-Range can say so: 200


class TestMerging:  # §15.3.7.2; threat R42
    def test_overlapping_and_touching_ranges_become_one_in_the_files_order(self):
        assert parse_ranges("bytes=6-8,0-2,2-4,5-5", 10) == [ByteRange(0, 9)]

    def test_separate_ranges_keep_the_clients_order(self):
        assert parse_ranges("bytes=6-7,0-1", 10) == [ByteRange(6, 8), ByteRange(0, 2)]

    def test_ten_parts_are_given_and_eleven_are_the_whole(self):
        def every_third(n):
            return "bytes=" + ",".join(f"{3 * i}-{3 * i}" for i in range(n))

        assert len(parse_ranges(every_third(10), 100) or ()) == 10
        assert parse_ranges(every_third(11), 100) is None

    def test_a_thousand_copies_of_the_whole_are_not_sent(self):
        assert parse_ranges("bytes=" + "0-," * 90 + "0-", 10) == [ByteRange(0, 10)]
        assert parse_ranges("bytes=" + "0-," * 100_000, 10) is None


class TestSending:  # §14.4, §14.6
    def test_content_range(self):
        assert content_range(ByteRange(2, 5), 10) == "bytes 2-4/10"
        assert unsatisfied_range(10) == "bytes */10"

    def test_several_parts_are_framed_as_multipart(self):
        heads, end = part_heads([ByteRange(0, 1), ByteRange(4, 6)], 10, "text/plain", "B")
        assert heads == [
            b"--B\r\ncontent-type: text/plain\r\ncontent-range: bytes 0-0/10\r\n\r\n",
            b"\r\n--B\r\ncontent-type: text/plain\r\ncontent-range: bytes 4-5/10\r\n\r\n",
        ]
        assert end == b"\r\n--B--\r\n"
