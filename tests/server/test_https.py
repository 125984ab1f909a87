"""HTTPS: the scheme, ALPN, clear text on the port, WebSockets and shutdown over TLS; curl as a stranger."""

import asyncio
import socket
import ssl

import pytest
import trustme

from sennit.server import HttpServer

from .conftest import Client


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def files(authority, tmp_path):
    made = authority.issue_cert("localhost", "127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "both.pem").chmod(0o600)
    return tmp_path


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def serve_tls(serve, files):
    async def start(handler, options="", **more):
        return await serve(handler, f"tls://127.0.0.1:0?cert={files}/both.pem{options}", **more)

    return start


@pytest.fixture
async def dial_tls(trusting):
    clients = []

    async def connect(running):
        host, port = running.server.addresses[0]
        client = Client(*await asyncio.open_connection(host, port, ssl=trusting, server_hostname="localhost"))
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.writer.transport.abort()


def tell(exchange):
    exchange.respond(200, (), f"{exchange.scheme} {exchange.client.host}".encode())


async def test_requests_have_the_scheme_https(serve_tls, dial_tls, request_for):
    client = await dial_tls(await serve_tls(tell))
    for _ in range(3):
        assert (await client.ask(request_for())).body == b"https 127.0.0.1"


async def test_pipelined_requests_and_bodies_go_through(serve_tls, dial_tls, request_for):
    async def echo(exchange):
        exchange.respond(200, (), await exchange.read(1 << 24))

    client = await dial_tls(await serve_tls(echo))
    bodies = [b"x" * size for size in (1, 70_000, 3, 1_000_000)]
    for body in bodies:
        client.send(request_for(method="POST", body=body))
    for body in bodies:
        assert (await client.answer("POST")).body == body


async def test_a_streamed_answer_waits_for_its_reader(serve_tls, dial_tls, request_for):
    sent = []

    async def stream(exchange):
        await exchange.start(200, (), None)
        for _ in range(200):
            await exchange.send(b"x" * 65536)
            sent.append(65536)
        await exchange.finish()

    client = await dial_tls(await serve_tls(stream))
    client.reader._transport.pause_reading()
    client.send(request_for())
    before = -1
    while not sent or len(sent) != before:
        before = len(sent)
        await asyncio.sleep(0.02)
    assert len(sent) < 200
    client.reader._transport.resume_reading()
    assert len((await client.answer()).body) == 200 * 65536


async def test_an_answer_reaches_a_client_that_is_still_sending(serve_tls, dial_tls, request_for):
    """The end of the connection must not overtake it (RFC 9112 §9.6), close_notify or not."""

    def refuse(exchange):
        exchange.respond(413, (), b"too much")

    client = await dial_tls(await serve_tls(refuse))
    client.send(request_for(method="POST", body=b"x" * 3_000_000))
    answer = await client.answer()
    assert (answer.status, answer.body, answer.closes) == (413, b"too much", True)


async def test_alpn_is_http_1_1_unless_the_endpoint_says_otherwise(serve_tls, dial_tls, trusting):
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    for options, chosen in (("", "http/1.1"), ("&alpn=h2", "h2")):
        client = await dial_tls(await serve_tls(tell, options))
        assert client.writer.get_extra_info("ssl_object").selected_alpn_protocol() == chosen


async def test_r14_http_on_the_port_is_told_in_clear_text(serve_tls, dial, request_for):
    client = await dial(await serve_tls(tell))
    answer = await client.ask(request_for())
    assert answer.status == 400 and answer.closes
    assert b"this port speaks HTTPS" in answer.body
    assert await client.rest() == b""


async def test_r15_others_are_served_while_many_do_not_finish_their_handshake(serve_tls, dial_tls, request_for):
    running = await serve_tls(tell)
    attackers = [socket.create_connection(running.server.addresses[0]) for _ in range(200)]
    for attacker in attackers:
        attacker.send(b"\x16\x03\x01\x02")
    client = await dial_tls(running)
    async with asyncio.timeout(1):
        assert (await client.ask(request_for())).status == 200
    running.jump(11)
    while running.server.listener._open > 1:
        await asyncio.sleep(0)
    for attacker in attackers:
        attacker.close()


async def test_a_drain_answers_what_is_in_hand_and_ends_with_close_notify(serve_tls, dial_tls, request_for):
    going_on = asyncio.Event()

    async def slow(exchange):
        await going_on.wait()
        exchange.respond(200, (), b"done")

    running = await serve_tls(slow)
    client = await dial_tls(running)
    client.send(request_for())
    while not running.server.tasks:
        await asyncio.sleep(0)
    running.server.drain()
    going_on.set()
    answer = await client.answer()
    assert (answer.body, answer.closes) == (b"done", True)
    assert await client.rest() == b""
    await asyncio.wait_for(running.server.drained(), 10)


@pytest.mark.needs("curl")
async def test_curl_is_served_and_its_certificate_shown(serve_tls, files):
    def name(exchange):
        exchange.respond(200, (), exchange.scheme.encode())

    running = await serve_tls(name, f"&client_ca={files}/ca.pem")
    url = f"https://localhost:{running.server.addresses[0].port}/"
    said = await curl("--cacert", f"{files}/ca.pem", "--cert", f"{files}/both.pem", "--noproxy", "*", url)
    assert said == (0, b"https")
    code, _ = await curl("--cacert", f"{files}/ca.pem", "--noproxy", "*", url)
    assert code != 0


@pytest.mark.needs("curl")
async def test_the_proxy_header_stands_in_front_of_tls(serve_tls, files):
    running = await serve_tls(tell, "&proxy=1", trusted=["127.0.0.1"])
    url = f"https://localhost:{running.server.addresses[0].port}/"
    options = ("--cacert", f"{files}/ca.pem", "--noproxy", "*", url)
    assert await curl("--haproxy-protocol", *options) == (0, b"https 127.0.0.1")
    assert (await curl(*options))[0] != 0


async def curl(*arguments):
    process = await asyncio.create_subprocess_exec("curl", "-sS", *arguments, stdout=-1, stderr=-1)
    said, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, said


async def test_the_servers_certificates_are_read_again_on_request(serve_tls, files):
    running = await serve_tls(tell)
    assert running.server.reload_certificates()
    (files / "both.pem").write_text("broken")
    assert not running.server.reload_certificates()


def test_without_tls_the_scheme_is_http():
    assert HttpServer("tcp:0", tell).scheme == "http"
    assert HttpServer("systemd:web:cert=a.pem", tell).scheme == "https"
