"""The compiled twins are the ones that are used, and differ in nothing."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sennit.protocols import http1

SEED = (
    b"POST /a/b?c=d HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 12\r\nConnection: keep-alive, upgrade\r\n"
    b"Expect: 100-continue\r\nX-Long:  some value \r\n\r\n"
)
PIECES = [
    b"\r\n", b"\r", b"\n", b" ", b"\t", b":", b",", b"\0", b"\x0b", b"\x7f", b"\xff", b"?", b"#", b"*", b"HTTP/1.0", b"HTTP/2.0",
    b"Host: b\r\n", b"Host", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: x\r\n", b"1", b"close",
    b"Connection: close\r\n", b"Expect: y\r\n", b"http://h:1/", b"CONNECT ", b"OPTIONS * ", b"A" * 33, b"[::1]:99999", b"@",
]  # fmt: skip
RESPONSE_SEED = (
    b"HTTP/1.1 200 Very well\r\nContent-Length: 12\r\nConnection: keep-alive, upgrade\r\nX-Long:  some value that is longer \r\n"
    b"Transfer-Encoding: gzip, chunked\r\n\r\n"
)
RESPONSE_PIECES = [
    *PIECES, b"HTTP/1.1 ", b"100", b"204", b"304", b"599", b" 200 ", b"chunked", b", chunked", b"gzip", b"Transfer-Encoding: gzip\r\n",
    b"Content-Length: 12\r\n", b"keep-alive", b"\xe9" * 20, b"a" * 40,
]  # fmt: skip


@st.composite
def mutated(draw):
    data = SEED
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 8))
        data = data[:start] + draw(st.sampled_from([b"", *PIECES])) + data[start + length :]
    return data


def test_the_compiled_twins_are_the_ones_that_are_used(twins):
    assert http1.parse_request_head.__module__ == "sennit.protocols.http1._request_head"
    assert http1.parse_response_head.__module__ == "sennit.protocols.http1._response_head"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated(), cut=st.integers(0, 400))
def test_both_say_the_same_of_mutated_heads(twins, data, cut):
    plain, compiled = twins
    assert plain.outcome(data) == compiled.outcome(data)
    assert plain.outcome(data[:cut]) == compiled.outcome(data[:cut])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_both_say_the_same_of_noise(twins, data):
    plain, compiled = twins
    assert plain.outcome(data) == compiled.outcome(data)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated(), target=st.integers(1, 40), head=st.integers(1, 120), headers=st.integers(1, 6))
def test_both_count_limits_the_same(twins, data, target, head, headers):
    limits = {"target": target, "head": head, "headers": headers}
    plain, compiled = (twin.limited(**limits) for twin in twins)
    for cut in (len(data), len(data) // 2, len(data) - 3):
        assert plain.outcome(data[:cut]) == compiled.outcome(data[:cut])


def mutations(seed, pieces, count, number):
    """The same each time: `number` chooses among them."""
    random = Random(number)
    for _ in range(count):
        data = seed
        for _ in range(random.randint(1, 4)):
            start = random.randint(0, len(data))
            data = data[:start] + random.choice([b"", *pieces]) + data[start + random.randint(0, 12) :]
        yield data


@pytest.mark.parametrize("number", range(4))
def test_both_say_the_same_of_the_same_mutated_requests(twins, number):
    plain, compiled = twins
    for data in mutations(SEED, PIECES, 300, number):
        assert plain.outcome(data) == compiled.outcome(data)


@pytest.mark.parametrize("method", ["GET", "HEAD", "CONNECT"])
def test_both_say_the_same_of_the_same_mutated_responses(response_twins, method):
    plain, compiled = (twin.to(method) for twin in response_twins)
    accepted = 0
    for number, data in enumerate(mutations(RESPONSE_SEED, RESPONSE_PIECES, 600, len(method))):
        cut = data[: number % (len(data) + 1)]
        assert plain.outcome(data) == compiled.outcome(data), data
        assert plain.outcome(cut) == compiled.outcome(cut), cut
        accepted += isinstance(plain.outcome(data), dict)
    assert accepted > 5, "nothing but refusals says little"


@pytest.mark.parametrize("number", range(2))
def test_both_count_the_limits_of_responses_the_same(response_twins, number):
    random = Random(number)
    for data in mutations(RESPONSE_SEED, RESPONSE_PIECES, 200, number):
        limits = {"target": random.randint(0, 20), "head": random.randint(1, 160), "headers": random.randint(0, 5)}
        plain, compiled = (twin.limited(**limits) for twin in response_twins)
        for cut in (len(data), len(data) // 2, len(data) - 3):
            assert plain.outcome(data[:cut]) == compiled.outcome(data[:cut]), (limits, data[:cut])


def test_both_have_the_same_classes_of_octets(twins, response_twins):
    """Each of the 256 in each place, and in a value at each offset of the sixteen that are looked at together."""
    places = [(twins, SEED, at) for at in (0, 5, SEED.index(b"Host") + 1, SEED.index(b"a.ex"), SEED.index(b"some"))]
    places += [(response_twins, RESPONSE_SEED, at) for at in (9, 13, RESPONSE_SEED.index(b"gzip"))]
    places += [(response_twins, RESPONSE_SEED, RESPONSE_SEED.index(b"some") + offset) for offset in range(17)]
    for (plain, compiled), seed, at in places:
        for octet in range(256):
            data = seed[:at] + bytes([octet]) + seed[at + 1 :]
            assert plain.outcome(data) == compiled.outcome(data), data


@pytest.mark.parametrize("length", range(35))
def test_a_value_is_read_up_to_the_end_of_the_data_and_no_further(response_twins, length):
    """What stands behind the data would be read as the rest of the value by a scan of sixteen that does not look."""
    for last in (b"", b"\0", b"\r"):
        data = b"HTTP/1.1 200 OK\r\nX:" + b"v" * length + last
        plain, compiled = response_twins
        assert plain.outcome(data) == compiled.outcome(data)
