"""TLS of the client: whom it believes, what it says of itself, and what an error tells to do."""

import datetime
import ssl

import pytest
import trustme

from client.wire.scripted import call, read_all
from sennit import net
from sennit.client.errors import ProtocolFailed, TlsFailed

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
FUTURE = datetime.datetime.now(datetime.UTC) + datetime.timedelta(30)
DAY = datetime.timedelta(1)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca(authority, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@pytest.fixture
def own(authority, tmp_path):
    """A client certificate with its key."""
    made = authority.issue_cert("program@example.org")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    (tmp_path / "own.pem").chmod(0o600)
    return str(tmp_path / "own.pem")


def context_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def context(authority):
    return context_of(authority.issue_cert("localhost"))


async def answering(peer):
    while True:
        await peer.answer()


async def failed(pool, url) -> TlsFailed:
    with pytest.raises(TlsFailed) as caught:
        await pool.send(call(url))
    error = caught.value
    assert (error.code, error.phase, error.url) == ("client.E002", "tls", url)
    assert error.fix
    return error


class TestWhomItBelieves:
    async def test_the_authority_that_is_named(self, serve, make_pool, context, ca):
        server = await serve(answering, context=context)
        assert await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(server.url))) == b"ok"

    async def test_by_default_the_systems_authorities_alone(self, serve, make_pool, context):
        server = await serve(answering, context=context)
        error = await failed(make_pool(), server.url)
        assert "unable to get local issuer certificate" in error.what or "self-signed" in error.what
        assert "verify='ca.pem'" in error.fix

    async def test_anybody_when_it_is_told_not_to_look(self, serve, make_pool, authority):
        server = await serve(answering, context=context_of(authority.issue_cert("another.example", not_after=PAST)))
        assert await read_all(await make_pool(tls=net.TLS(verify=False)).send(call(server.url))) == b"ok"

    @pytest.mark.parametrize(
        ("issue", "what", "fix"),
        [
            (lambda own: own.issue_cert("a.example"), "Hostname mismatch", "a name that stands in its certificate"),
            (lambda own: own.issue_cert("localhost", not_before=PAST, not_after=PAST + DAY), "expired", "renew it"),
            (lambda own: own.issue_cert("localhost", not_before=FUTURE), "not yet valid", "clock"),
            (lambda own: trustme.CA().issue_cert("localhost"), "unable to get local issuer", "verify='ca.pem'"),
        ],
        ids=["another name", "expired", "not yet", "another authority"],
    )
    async def test_r9_a_refusal_says_what_is_wrong_and_what_to_do(
        self, serve, make_pool, authority, ca, issue, what, fix
    ):
        server = await serve(answering, context=context_of(issue(authority)))
        error = await failed(make_pool(tls=net.TLS(ca=ca)), server.url)
        assert what.lower() in error.what.lower()
        assert fix in error.fix

    async def test_r9_an_address_must_stand_in_the_certificate_as_an_address(self, serve, make_pool, authority, ca):
        server = await serve(answering, context=context_of(authority.issue_cert("localhost")))
        error = await failed(make_pool(tls=net.TLS(ca=ca)), server.url.replace("localhost", "127.0.0.1"))
        assert "IP address mismatch" in error.what
        server = await serve(answering, context=context_of(authority.issue_cert("127.0.0.1")))
        pool = make_pool(tls=net.TLS(ca=ca))
        assert await read_all(await pool.send(call(server.url.replace("localhost", "127.0.0.1")))) == b"ok"

    async def test_r9_a_self_signed_certificate_is_refused_and_may_be_named(self, serve, make_pool, tmp_path):
        path = self_signed(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server = await serve(answering, context=context)
        error = await failed(make_pool(), server.url)
        assert ("self-signed" in error.what, "verify='server.pem'" in error.fix) == (True, True)
        assert await read_all(await make_pool(tls=net.TLS(ca=path)).send(call(server.url))) == b"ok"


class TestWhatItSays:
    async def test_the_name_it_asks_for_and_the_protocol_it_speaks(self, serve, make_pool, context, ca):
        """SNI (RFC 6066 §3) and ALPN (RFC 7301)."""
        asked = []
        context.sni_callback = lambda session, name, context: asked.append(name)
        context.set_alpn_protocols(["h2", "http/1.1"])
        chosen = []

        async def script(peer):
            session = peer.writer.get_extra_info("ssl_object")
            chosen.append((session.selected_alpn_protocol(), session.version()))
            await peer.answer()

        server = await serve(script, context=context)
        await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(server.url)))
        assert (asked, chosen) == (["localhost"], [("http/1.1", "TLSv1.3")])

    async def test_no_name_for_an_address(self, serve, make_pool, authority, ca):
        """RFC 6066 §3: literal addresses are no names."""
        asked = []
        context = context_of(authority.issue_cert("127.0.0.1"))
        context.sni_callback = lambda session, name, context: asked.append(name)
        server = await serve(answering, context=context)
        await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(server.url.replace("localhost", "127.0.0.1"))))
        assert asked == [None]

    async def test_a_certificate_of_its_own(self, serve, make_pool, authority, context, ca, own):
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        shown = []

        async def script(peer):
            shown.append(peer.writer.get_extra_info("peercert")["subjectAltName"])
            await peer.answer()

        server = await serve(script, context=context)
        await read_all(await make_pool(tls=net.TLS(ca=ca, cert=own)).send(call(server.url)))
        assert shown == [(("email", "program@example.org"),)]

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
    async def test_without_one_a_server_that_wants_one_is_an_error_that_says_so(
        self, serve_tls, make_pool, authority, context, ca, version
    ):
        """In TLS 1.3 the refusal comes after the client's side of the handshake: in place of an answer."""
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = version
        url = await serve_tls(b"", context)
        with pytest.raises(TlsFailed) as caught:
            await make_pool(tls=net.TLS(ca=ca)).send(call(url))
        assert "client certificate" in caught.value.fix


class TestVersions:
    async def test_r14_tls_1_2_is_the_least(self, serve, make_pool, context, ca):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM")
        server = await serve(answering, context=context)
        assert await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(server.url))) == b"ok"

    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
    async def test_r14_an_older_server_is_told_from_a_broken_one(self, serve_tls, make_pool, context, ca, version):
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        error = await failed(make_pool(tls=net.TLS(ca=ca)), await serve_tls(b"", context))
        assert "TLS from 1.2 on" in error.fix

    async def test_r14_a_cipher_without_forward_secrecy_is_refused(self, serve_tls, make_pool, context, ca):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA:@SECLEVEL=0")
        error = await failed(make_pool(tls=net.TLS(ca=ca)), await serve_tls(b"", context))
        assert "no cipher" in error.fix

    async def test_a_server_that_speaks_no_tls_is_told_so(self, serve, make_pool):
        async def script(peer):
            await peer.reader.read(100)
            await peer.say(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        server = await serve(script)
        error = await failed(make_pool(), server.url.replace("http://127.0.0.1", "https://localhost"))
        assert "does not speak TLS" in error.fix


class TestTruncation:
    """RFC 9112 §9.8: without a length, only close_notify tells an end from a cut."""

    async def test_an_end_with_close_notify_is_an_end(self, serve, make_pool, context, ca):
        async def script(peer):
            await peer.head()
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\nhello")

        server = await serve(script, context=context)
        assert await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(server.url))) == b"hello"

    async def test_r14_an_end_without_one_is_an_error(self, serve_tls, make_pool, context, ca):
        url = await serve_tls(b"HTTP/1.1 200 OK\r\n\r\nhello", context)
        reply = await make_pool(tls=net.TLS(ca=ca)).send(call(url))
        assert await reply.read_piece() == b"hello"
        with pytest.raises(ProtocolFailed, match="close_notify") as caught:
            await reply.read_piece()
        assert caught.value.phase == "body"

    async def test_r14_but_not_where_the_length_has_told_the_end(self, serve_tls, make_pool, context, ca):
        url = await serve_tls(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", context)
        assert await read_all(await make_pool(tls=net.TLS(ca=ca)).send(call(url))) == b"hello"

    async def test_r14_a_head_that_is_cut_so_is_an_error(self, serve_tls, make_pool, context, ca):
        url = await serve_tls(b"HTTP/1.1 200 OK\r\n", context)
        with pytest.raises(ProtocolFailed, match="close_notify") as caught:
            await make_pool(tls=net.TLS(ca=ca)).send(call(url))
        assert caught.value.phase == "head"


@pytest.fixture
async def serve_tls(serve):
    """A server that says its alerts, answers, and ends the connection in order, but for close_notify."""

    async def start(answer, context):
        async def script(peer):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            session = context.wrap_bio(incoming, outgoing, server_side=True)

            async def step(doing):
                while True:
                    try:
                        return doing()
                    except ssl.SSLWantReadError:
                        await peer.say(outgoing.read())
                        data = await peer.reader.read(65536)
                        incoming.write(data) if data else incoming.write_eof()

            try:
                await step(session.do_handshake)
                await step(lambda: session.read(65536))
                session.write(answer)
            except ssl.SSLError:
                pass
            await peer.say(outgoing.read())
            if not answer:
                await peer.gone()  # what it has not read would turn the end into a reset

        server = await serve(script)
        return server.url.replace("http://127.0.0.1", "https://localhost")

    return start


def self_signed(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    path.chmod(0o600)
    return str(path)
