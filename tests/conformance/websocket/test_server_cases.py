"""Autobahn's fuzzing client plays its cases against the server: each section against both twins on both loops."""

import pytest

from conformance.websocket.cases import SECTIONS, faults
from conformance.websocket.fuzzing import play_against_server
from conformance.websocket.processes import EchoServer


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_server_passes(echo_server: EchoServer, section: str) -> None:
    results = await play_against_server(f"{echo_server.url}/echo", SECTIONS[section])
    assert results, "no case was played"
    assert not faults(results)
