"""Connections that this end opens: against our own listeners, Python's TLS and OpenSSL's tool."""

import asyncio
import socket
import ssl
import subprocess

import pytest
import trustme

from sennit import net
from sennit.net.tls import client_context


class Kept(net.Protocol[bytes, bytes]):
    def __init__(self):
        self.data, self.reason, self.has_eof = b"", None, False
        self.changed = asyncio.Event()

    def received(self, messages):
        self.data += b"".join(messages)
        self.changed.set()

    def eof(self):
        self.has_eof = True
        self.connection.close()

    def closed(self, reason):
        self.reason = reason
        self.changed.set()

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Echo(net.Protocol[bytes, bytes]):
    def received(self, messages):
        for data in messages:
            self.connection.write(data)


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


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_our_two_ends_speak_with_each_other(listen, files, host):
    listener = await listen(Echo, f"tls://127.0.0.1:0?cert={files}/both.pem&alpn=echo/1")
    protocol = Kept()
    connection = await net.connect(f"tls://{host}:{listener.addresses[0].port}?ca={files}/ca.pem&alpn=echo/1", protocol)
    connection.write(b"hello" * 100_000)
    await protocol.until(lambda: len(protocol.data) == 500_000)
    assert connection._transport.get_extra_info("alpn") == "echo/1"
    connection.close()
    await protocol.until(lambda: protocol.reason is not None)
    assert protocol.reason == net.Clean()


async def test_plain_and_unix_endpoints_are_dialled_the_same_way(listen, tmp_path):
    for endpoint in ("tcp:0", f"unix:{tmp_path}/s"):
        listener = await listen(Echo, endpoint)
        host, port = listener.addresses[0]
        protocol = Kept()
        connection = await net.connect(f"tcp:{host}:{port}" if port else f"unix:{host}", protocol)
        connection.write(b"hello")
        await protocol.until(lambda protocol=protocol: protocol.data == b"hello")
        connection.close()
        await protocol.until(lambda protocol=protocol: protocol.reason is not None)


async def test_a_codec_and_the_callers_deadlines_are_used(listen):
    listener = await listen(Echo)
    deadlines = net.deadline.Deadlines()
    deadlines.start()
    protocol = Kept()
    protocol.data = []
    protocol.received = lambda messages: (protocol.data.extend(messages), protocol.changed.set())
    connection = await net.connect(
        f"tcp:127.0.0.1:{listener.addresses[0].port}", protocol, codec=net.lines(max=80), deadlines=deadlines
    )
    connection.write(connection.encode("hello"))
    await protocol.until(lambda: protocol.data == ["hello"])
    connection.abort()
    await protocol.until(lambda: protocol.reason is not None)
    swept = Swept()
    deadlines.add(swept)
    deadlines.sweep()
    assert swept.has_been, "they are the caller's, and go on"
    deadlines.stop()


class Swept:
    has_been = False

    def sweep(self, now):
        self.has_been = True


class TestRefusals:
    @pytest.fixture
    async def listener(self, listen, files):
        return await listen(Echo, f"tls://127.0.0.1:0?cert={files}/both.pem")

    async def test_a_certificate_of_an_unknown_authority(self, listener):
        with pytest.raises(ssl.SSLCertVerificationError):
            await net.connect(f"tls:localhost:{listener.addresses[0].port}", Kept())

    async def test_a_certificate_with_another_name(self, listener, files):
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            await net.connect(
                f"tls://localhost:{listener.addresses[0].port}?ca={files}/ca.pem", Kept(), server_name="other.example"
            )

    async def test_unless_it_is_not_to_be_verified(self, listener):
        context = client_context(net.TLS(verify=False))
        connection = await net.connect(f"tls:localhost:{listener.addresses[0].port}", Kept(), context=context)
        connection.abort()

    async def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            await net.connect(f"tls:127.0.0.1:{port}", Kept())

    async def test_a_server_that_speaks_no_tls(self, listen):
        plain = await listen(Echo)
        with pytest.raises(ssl.SSLError):
            await net.connect(f"tls:127.0.0.1:{plain.addresses[0].port}", Kept())

    async def test_a_server_that_closes_at_once(self, files):
        async def close(reader, writer):
            writer.close()

        server = await asyncio.start_server(close, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OSError):
            await net.connect(f"tls:127.0.0.1:{port}", Kept())
        server.close()

    async def test_a_server_that_never_answers_is_given_up_after_the_handshake_time(self, files, clock):
        deadlines = net.deadline.Deadlines(clock)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            opening = asyncio.ensure_future(
                net.connect(f"tls:127.0.0.1:{silent.getsockname()[1]}", Kept(), deadlines=deadlines)
            )
            while not opening.done():
                await asyncio.sleep(0)
                clock.now += 0.1
                deadlines.sweep()
            with pytest.raises(TimeoutError):
                await opening

    async def test_a_wait_that_is_cancelled_leaves_nothing_open(self, caplog):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            opening = asyncio.ensure_future(net.connect(f"tls:127.0.0.1:{silent.getsockname()[1]}", Kept()))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(opening, 0.05)
            silent.setblocking(False)
            accepted, _ = await asyncio.get_running_loop().sock_accept(silent)
            with accepted, pytest.raises(ConnectionResetError):
                while await asyncio.get_running_loop().sock_recv(accepted, 4096):
                    pass
                raise ConnectionResetError


async def test_pythons_own_tls_is_spoken_with_and_a_cut_told_from_an_end(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "both.pem")
    ends = []

    async def serve(reader, writer):
        writer.write(await reader.readexactly(5))
        await writer.drain()
        if ends:
            writer.transport.abort()
        else:
            ends.append(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    endpoint = f"tls://localhost:{server.sockets[0].getsockname()[1]}?ca={files}/ca.pem"
    for is_clean in (True, False):
        protocol = Kept()
        connection = await net.connect(endpoint, protocol)
        connection.write(b"hello")
        await protocol.until(lambda protocol=protocol: protocol.reason is not None)
        assert protocol.data == b"hello"
        assert (protocol.has_eof, protocol.reason == net.Clean()) == (is_clean, is_clean)
    server.close()


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_openssls_server_is_spoken_with(files, version):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{files}/both.pem", version, "-rev"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    while b"ACCEPT" not in await asyncio.wait_for(process.stdout.readline(), 10):
        pass
    protocol = Kept()
    connection = await net.connect(f"tls://localhost:{port}?ca={files}/ca.pem", protocol)
    connection.write(b"stressed\n")
    await protocol.until(lambda: protocol.data == b"desserts\n")
    connection.close()
    await protocol.until(lambda: protocol.reason is not None)
    process.kill()
    await process.wait()
