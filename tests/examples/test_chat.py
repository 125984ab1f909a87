"""`examples/chat.py` as printed: browsers by WebSocket and terminals by TCP in one room."""

import socket
from pathlib import Path

import pytest

from examples.test_programs import EXAMPLES, free_port, running

connect = pytest.importorskip("websockets.sync.client").connect


def test_a_browser_and_a_terminal_hear_each_other(tmp_path: Path) -> None:
    port, terminals = free_port(), free_port()
    program = tmp_path / "chat.py"
    program.write_text((EXAMPLES / "chat.py").read_text().replace("tcp:8001", f"tcp:{terminals}"))
    with running(program, port), connect(f"ws://127.0.0.1:{port}/chat?name=ann", proxy=None) as ann:
        assert ann.recv(10) == "* ann joined"
        with socket.create_connection(("127.0.0.1", terminals), timeout=10) as terminal:
            lines = terminal.makefile("rw", newline="\n")
            assert lines.readline() == "your name?\n"
            lines.write("zoë\r\n")
            lines.flush()
            assert lines.readline() == ann.recv(10) + "\n" == "* zoë joined\n"
            lines.write("hello\n")
            lines.flush()
            assert lines.readline() == ann.recv(10) + "\n" == "<zoë> hello\n"
            ann.send("hi")
            assert lines.readline() == ann.recv(10) + "\n" == "<ann> hi\n"
            lines.close()
        assert ann.recv(10) == "* zoë left"
