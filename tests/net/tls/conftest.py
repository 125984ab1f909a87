"""An authority, certificates in files, contexts of an independent client."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    import uvloop

    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


class Files:
    """A certificate and its key in files."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.cert, self.key = str(cert), str(key)

    def options(self) -> str:
        return f"cert={self.cert}&key={self.key}"


@pytest.fixture
def issue(authority: trustme.CA, tmp_path: Path) -> Callable[..., Files]:
    """`issue("a.example", file="a")` writes a.pem and a.key."""

    def issue(*names: str, file: str = "server") -> Files:
        made = authority.issue_cert(*(names or ("localhost", "127.0.0.1")))
        files = Files(tmp_path / f"{file}.pem", tmp_path / f"{file}.key")
        Path(files.key).touch(mode=0o600)
        made.private_key_pem.write_to_path(files.key)
        for number, blob in enumerate(made.cert_chain_pems):
            blob.write_to_path(files.cert, append=number > 0)
        return files

    return issue


@pytest.fixture
def trusting(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """`trusting()` is a client's context that believes the authority; made without our own code."""

    def make(**options: Any) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        for name, value in options.items():
            setattr(context, name, value)
        return context

    return make


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
async def dial_tls(trusting: Callable[..., ssl.SSLContext]) -> Any:
    """`reader, writer = await dial_tls(listener)`: a client of asyncio's own TLS."""
    writers: list[asyncio.StreamWriter] = []

    async def connect(
        listener: Any, context: ssl.SSLContext | None = None, name: str = "localhost"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        (host, port), before = listener.addresses[0], len(listener.connections)
        reader, writer = await asyncio.open_connection(host, port, ssl=context or trusting(), server_hostname=name)
        writers.append(writer)
        for _ in range(1000):  # in TLS 1.3 a client is ready before the server is, or has refused it
            if len(listener.connections) > before:
                break
            await asyncio.sleep(0)
        return reader, writer

    yield connect
    for writer in writers:
        writer.transport.abort()


@pytest.fixture
def until() -> Callable[..., Any]:
    async def until(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0)

    return until
