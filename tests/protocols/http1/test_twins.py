"""The compiled twin is the one that is used, and differs in nothing."""

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


@st.composite
def mutated(draw):
    data = SEED
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 8))
        data = data[:start] + draw(st.sampled_from([b"", *PIECES])) + data[start + length :]
    return data


def test_the_compiled_twin_is_the_one_that_is_used(twins):
    assert http1.parse_request_head.__module__ == "sennit.protocols.http1._head"


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
