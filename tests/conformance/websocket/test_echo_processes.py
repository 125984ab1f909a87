"""The processes under test are what they are said to be."""

from pathlib import Path
from typing import Any

import pytest

from conformance.websocket.processes import EchoClient, EchoServer
from plain_source import SOURCE


def test_the_server_runs_the_twin_and_the_loop_that_was_asked_for(
    echo_server: EchoServer, request: pytest.FixtureRequest
) -> None:
    check(echo_server.about, *request.node.callspec.params["echo_server"])


def test_the_client_runs_the_twin_and_the_loop_that_was_asked_for(
    echo_client: EchoClient, request: pytest.FixtureRequest
) -> None:
    check(echo_client.about, *request.node.callspec.params["echo_client"])


def check(about: dict[str, Any], twin: str, loop: str) -> None:
    assert about["loop"] == loop
    if twin == "plain":
        assert about["compiled"] == []
        assert Path(about["source"]).parent != SOURCE
    else:
        assert about["compiled"], "no compiled module was loaded"
        assert Path(about["source"]).parent == SOURCE
