"""The programs of `examples/` run as printed: a real process, a real socket."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from package_source import ROOT

EXAMPLES = ROOT / "examples"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(program: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`sennit run program`, once it accepts connections."""
    command = [sys.executable, "-m", "sennit", "run", str(program), "--port", str(port), "--no-reload"]
    source = {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(command, env=os.environ | source | environment, stderr=subprocess.PIPE)
    try:
        wait_until_open(process, port)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_open(process: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(process.stderr.read().decode() if process.stderr else "it ended")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("it does not listen")


def fetch(url: str, data: bytes | None = None, **fields: str) -> tuple[int, str]:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where hello.py answers."""
    port = free_port()
    with running(EXAMPLES / "hello.py", port):
        yield f"http://127.0.0.1:{port}"


class TestHello:
    def test_routes_parameters_and_return_values(self, url: str) -> None:
        assert fetch(f"{url}/") == (200, "Hello, World!")
        assert json.loads(fetch(f"{url}/greet/Ann?times=2")[1]) == {"greeting": ["Hello, Ann!"] * 2}
        assert fetch(f"{url}/sync") == (200, "from a thread")
        assert fetch(f"{url}/echo", b"abc", content_type="text/plain") == (200, "abc")

    def test_wrong_input_is_told(self, url: str) -> None:
        status, text = fetch(f"{url}/greet/Ann?times=x", accept="application/json")
        assert (status, json.loads(text)["errors"][0]["field"]) == (422, "times")
        assert fetch(f"{url}/nowhere")[0] == 404

    @pytest.mark.parametrize(
        "request_bytes",
        [
            b"GARBAGE\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        ],
        ids=["bad request line", "100 kB header", "two Content-Lengths"],
    )
    def test_malformed_requests_get_a_clear_error_and_the_server_goes_on(self, url: str, request_bytes: bytes) -> None:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(request_bytes)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
        assert answer.count(b"HTTP/1.1 ") == 1
        assert fetch(f"{url}/")[0] == 200


class TestTodo:
    def test_as_plain_html(self, tmp_path: Path) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with running(EXAMPLES / "todo.py", port, DATABASE_URL=f"sqlite:///{tmp_path}/todo.db"):
            assert "Nothing to do" in fetch(f"{url}/")[1]
            fetch(f"{url}/todos", b"text=milk")
            assert "1 left" in fetch(f"{url}/")[1]
            fetch(f"{url}/todos/1/toggle", b"x=")
            assert 'class="done"' in fetch(f"{url}/")[1]
            fetch(f"{url}/todos/1/delete", b"x=")
            assert "Nothing to do" in fetch(f"{url}/")[1]
            assert fetch(f"{url}/todos/99/toggle", b"x=")[0] == 404

    @pytest.mark.parametrize(
        "runner", [["-p", "no:asyncio"], ["-o", "asyncio_mode=auto"]], ids=["own", "pytest-asyncio"]
    )
    def test_its_users_test_runs_as_printed(self, tmp_path: Path, runner: list[str]) -> None:
        """`examples/test_todo.py` is run by the pytest plugin alone, and under another runner."""
        is_installed = any(entry.name == "sennit" for entry in entry_points(group="pytest11"))
        plugin = [] if is_installed else ["-p", "sennit.testing.plugin"]
        command = [sys.executable, "-m", "pytest", "-q", *plugin, "-p", "no:cacheprovider", *runner]
        done = subprocess.run(
            [*command, "-c", os.devnull, "--rootdir", str(tmp_path), str(EXAMPLES / "test_todo.py")],
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{EXAMPLES}"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "3 passed" in done.stdout, done.stdout + done.stderr


SLOW = """
import asyncio
from sennit import App
app = App()

@app.get("/")
async def index():
    await asyncio.sleep(1)
    return "answered"
"""


def test_a_stop_answers_every_open_request_and_ends_with_status_0(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    port = free_port()
    with running(tmp_path / "slow.py", port) as process:
        clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(50)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        for client in clients:
            with client:
                answer = b"".join(iter(lambda c=client: c.recv(4096), b""))  # type: ignore[misc]
                assert answer.startswith(b"HTTP/1.1 200"), answer
                assert answer.endswith(b"answered")
        assert process.wait(20) == 0


def test_a_taken_port_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "sennit", "run", str(EXAMPLES / "hello.py"), "--no-reload", "--port"]
        done = subprocess.run(
            [*command, str(taken.getsockname()[1])],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert "net.E004" in done.stderr
    assert "Traceback" not in done.stderr
