"""Certificates that do not prove who the server is: no octet of a request is sent."""

import datetime
import ssl

import pytest
import trustme

from client.hostile.test_answers import failing
from client.hostile.ways import END
from sennit import net
from sennit.client.errors import ProtocolFailed, TimedOut, TlsFailed

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def believed():
    return trustme.CA()


@pytest.fixture
def trusting(believed, tmp_path):
    """Options of a client that believes one authority."""
    believed.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return {"tls": net.TLS(ca=str(tmp_path / "ca.pem"))}


def context_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


CERTIFICATES = {
    "of another authority": lambda believed: trustme.CA().issue_cert("localhost"),
    "for another host": lambda believed: believed.issue_cert("other.example"),
    "for a host below": lambda believed: believed.issue_cert("www.localhost"),
    "expired": lambda believed: believed.issue_cert(
        "localhost", not_before=PAST, not_after=PAST + datetime.timedelta(1)
    ),
}


async def test_the_right_certificate_is_believed(hostile, fetch, believed, trusting):
    server = await hostile(ANSWER, context=context_of(believed.issue_cert("localhost")))
    assert await fetch(server.url, pool_options=trusting) == b"ok"


@pytest.mark.parametrize("certificate", CERTIFICATES.values(), ids=CERTIFICATES.keys())
async def test_r9_a_wrong_certificate_is_refused(hostile, fetch, believed, trusting, certificate):
    server = await hostile(ANSWER, context=context_of(certificate(believed)))
    error = await failing(fetch(server.url, pool_options=trusting, lines=[(b"authorization", b"Bearer secret")]))
    assert isinstance(error, TlsFailed), error
    assert (error.phase, "secret" in str(error)) == ("tls", False)


@pytest.mark.parametrize(
    "said", [b"", ANSWER, b"\x15\x03\x03\x00\x02\x02\x28"], ids=["nothing", "clear text", "an alert"]
)
@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_r9_a_handshake_that_is_cut_is_an_error(hostile, fetch, said, how):
    server = await hostile(said, getattr(END, how), after_request=False)
    error = await failing(fetch(server.url.replace("http://127.0.0.1", "https://localhost")))
    assert isinstance(error, TlsFailed), error
    assert error.phase == "tls"


async def test_r9_a_silent_handshake_ends_with_the_time_out(hostile, fetch):
    server = await hostile(after_request=False)
    url = server.url.replace("http://", "https://")
    error = await failing(fetch(url, times={"connect_s": 0.2, "total_s": 5}))
    assert isinstance(error, TimedOut), error
    assert (error.phase, error.kind, error.elapsed_s < 1) == ("tls", "connect", True)


async def test_r14_a_body_that_is_cut_without_close_notify_is_an_error(hostile, fetch, believed, trusting):
    said = b"HTTP/1.1 200 OK\r\n\r\nhello"
    server = await hostile(said, END.reset, context=context_of(believed.issue_cert("localhost")))
    assert isinstance(await failing(fetch(server.url, pool_options=trusting)), ProtocolFailed)
