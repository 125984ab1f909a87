"""The client comes to Autobahn's fuzzing server for its cases: each section with both twins on both loops."""

import pytest

from conformance.websocket.cases import IN_ONE_BREATH, SECTIONS, faults
from conformance.websocket.fuzzing import play_against_client
from conformance.websocket.processes import EchoClient


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_client_passes(echo_client: EchoClient, section: str) -> None:
    results = await play_against_client(echo_client.play, SECTIONS[section])
    assert results, "no case was played"
    assert not faults(results, IN_ONE_BREATH)
