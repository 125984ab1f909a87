"""A session without a socket: what goes in and what comes out, cut at every byte."""

import ssl

import pytest
import trustme

from sennit.net.tls import TlsSession


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def ends(request, authority):
    """A client and a server that have not spoken yet."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    client.maximum_version = request.param
    return TlsSession(client, is_server=False, server_name="localhost"), TlsSession(server, is_server=True)


def shake(client, server, step=1 << 20):
    """Carry the handshake, at most `step` bytes at a time."""
    done = {client: False, server: False}
    ends = [(client, server), (server, client)]
    while not all(done.values()):
        for one, other in ends:
            done[one] = done[one] or one.shake()
            carry(one, other, step, done)


def carry(one, other, step, done=None):
    data = one.take()
    for at in range(0, len(data), step):
        other.receive(data[at : at + step])
        if done is not None and not done[other]:
            done[other] = other.shake()


def test_bytes_travel_both_ways(ends):
    client, server = ends
    shake(client, server)
    client.write(b"question")
    carry(client, server, 1 << 20)
    assert server.read() == b"question"
    server.write(b"answer")
    carry(server, client, 1 << 20)
    assert client.read() == b"answer"


def test_cut_at_every_byte_the_same_comes_out(ends):
    client, server = ends
    shake(client, server, step=1)
    client.write(b"question")
    client.end()
    got = []
    data = client.take()
    for at in range(len(data)):
        server.receive(data[at : at + 1])
        got.append(server.read())
    assert b"".join(got) == b"question"
    assert server.has_ended and server.failure is None


@pytest.mark.parametrize("size", [1, 16 * 1024, 16 * 1024 + 1, 300_000])
def test_records_are_full_whatever_is_written(ends, size):
    client, server = ends
    shake(client, server)
    client.write(b"x" * size)
    data = client.take()
    records = -(-size // (16 * 1024))
    assert len(data) < size + records * 40
    server.receive(data)
    assert server.read() == b"x" * size


def test_an_end_without_close_notify_is_a_failure_told_after_what_came(ends):
    client, server = ends
    shake(client, server)
    client.write(b"part of a file")
    carry(client, server, 1 << 20)
    server.receive_eof()
    assert server.read() == b"part of a file"
    assert isinstance(server.failure, ssl.SSLEOFError) and not server.has_ended


def test_an_end_with_close_notify_is_none_even_when_the_bytes_end_too(ends):
    client, server = ends
    shake(client, server)
    client.write(b"a whole file")
    client.end()
    carry(client, server, 1 << 20)
    server.receive_eof()
    assert server.read() == b"a whole file"
    assert server.has_ended and server.failure is None


def test_after_its_own_end_a_session_still_reads_and_loses_nothing_that_came_before(ends):
    client, server = ends
    shake(client, server)
    client.write(b"early ")
    carry(client, server, 1 << 20)
    assert server.end() == b"early "
    client.write(b"late")
    client.end()
    carry(client, server, 1)
    assert server.read() == b"late"
    assert server.has_ended and server.failure is None


def test_after_the_peers_end_a_session_still_writes(ends):
    client, server = ends
    shake(client, server)
    client.end()
    carry(client, server, 1 << 20)
    assert server.read() == b"" and server.has_ended
    server.write(b"answer")
    assert server.end() == b""
    carry(server, client, 1 << 20)
    assert client.read() == b"answer"
    assert client.has_ended


def test_a_bit_that_was_changed_on_the_way_is_a_failure_told_after_what_came(ends):
    client, server = ends
    shake(client, server)
    client.write(b"good")
    carry(client, server, 1 << 20)
    client.write(b"forged")
    data = bytearray(client.take())
    data[-1] ^= 1
    server.receive(bytes(data))
    assert server.read() == b"good"
    assert server.failure is not None and not isinstance(server.failure, ssl.SSLEOFError)
    server.receive(b"more")
    assert server.read() == b""


def test_garbage_never_raises_anything_but_ssl_errors(authority):
    import random

    chance = random.Random(7)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    for _ in range(300):
        session = TlsSession(context, is_server=True)
        session.receive(b"\x16\x03\x01" + chance.randbytes(chance.randrange(200)))
        session.receive_eof()
        with pytest.raises(ssl.SSLError):
            assert not session.shake()
