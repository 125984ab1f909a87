"""The servers, frameworks and clients that sennit stands beside: how each is installed and started.

They get an environment of their own, benchmarks/build/peers, on the interpreter that sennit is measured with; versions are
pinned in peers/requirements.txt, the applications are in peers/ and clients/. Each has one worker and no access log, and is set up
as its documents say for speed (uvloop, httptools). What cannot be installed is left out, with a line that says so.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from build import BUILD, HERE, make_environment

APPS = HERE / "peers"
CLIENTS = HERE / "clients"
PINNED = APPS / "requirements.txt"

UVICORN = ("uvicorn", "uvloop", "httptools")
UVICORN_COMMAND = ["-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--port", "{port}"]
GRANIAN_COMMAND = ["-m", "granian", "--no-access-log", "--log-level", "error", "--workers", "1", "--port", "{port}"]
GUNICORN_COMMAND = ["-m", "gunicorn", "--log-level", "error", "--workers", "1", "--bind", "127.0.0.1:{port}"]


@dataclass(frozen=True)
class Peer:
    """`packages` without versions; `command` follows the interpreter. Quick ones are measured by `make bench`."""

    name: str
    title: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    is_quick: bool = False

    def command_for(self, python: str, port: int) -> list[str]:
        return [python, *(part.replace("{port}", str(port)) for part in self.command)]


def _uvicorn(name: str, title: str, *packages: str, app: str, is_quick: bool = False) -> Peer:
    return Peer(name, title, (*UVICORN, *packages), (*UVICORN_COMMAND, f"{app}:app"), is_quick)


def _granian(name: str, title: str, *packages: str, app: str, interface: str, is_quick: bool = False) -> Peer:
    command = (*GRANIAN_COMMAND, "--interface", interface, f"{app}:app")
    return Peer(name, title, ("granian", "uvloop", *packages), command, is_quick)


def _gunicorn(name: str, title: str, *packages: str, app: str) -> Peer:
    # Threads, because its plain worker closes each connection after one answer.
    return Peer(name, title, ("gunicorn", *packages), (*GUNICORN_COMMAND, "--threads", "8", f"{app}:app"))


def _program(name: str, title: str, *packages: str, app: str, is_quick: bool = False) -> Peer:
    return Peer(name, title, packages, (app, "{port}"), is_quick)


PEERS = [
    _granian("granian-rsgi", "granian, bare RSGI", app="rsgi", interface="rsgi", is_quick=True),
    _granian("granian-asgi", "granian, bare ASGI", app="asgi", interface="asgi", is_quick=True),
    _uvicorn("uvicorn", "uvicorn, bare ASGI", app="asgi", is_quick=True),
    _granian(
        "blacksheep", "blacksheep on granian", "blacksheep", app="blacksheep_app", interface="asgi", is_quick=True
    ),
    _uvicorn("starlette", "Starlette on uvicorn", "starlette", app="starlette_app"),
    _uvicorn("fastapi", "FastAPI on uvicorn", "fastapi", app="fastapi_app"),
    _program("fastpysgi", "fastpysgi, bare WSGI", "fastpysgi", app="fastpysgi_app.py"),
    _program("socketify", "socketify", "socketify", app="socketify_app.py"),
    _program("robyn", "robyn", "robyn", app="robyn_app.py"),
    _program("sanic", "Sanic", "sanic", app="sanic_app.py"),
    _program("aiohttp", "aiohttp on uvloop", "aiohttp", "uvloop", app="aiohttp_app.py"),
    _program("tornado", "Tornado", "tornado", app="tornado_app.py"),
    _program("twisted", "twisted.web", "twisted", app="twisted_app.py"),
    _gunicorn("flask", "Flask on gunicorn", "flask", app="flask_app"),
    _gunicorn("django", "Django on gunicorn", "django", app="django_app"),
]

WEBSOCKET_PEERS = [
    _program("picows", "picows on uvloop", "picows", "uvloop", app="picows_echo.py", is_quick=True),
    _program("aiohttp", "aiohttp on uvloop", "aiohttp", "uvloop", app="aiohttp_echo.py", is_quick=True),
    _program("websockets", "websockets on uvloop", "websockets", "uvloop", app="websockets_echo.py"),
    _program("tornado", "Tornado on uvloop", "tornado", "uvloop", app="tornado_echo.py"),
    _program("socketify", "socketify", "socketify", app="socketify_echo.py"),
    _granian("granian-rsgi", "granian, bare RSGI", app="rsgi_echo", interface="rsgi"),
    _granian("granian-asgi", "granian, bare ASGI", app="asgi_echo", interface="asgi"),
    Peer(
        "uvicorn",
        "uvicorn, bare ASGI",
        (*UVICORN, "websockets"),
        # Its quickest WebSocket implementation; the choice it makes by itself costs twice as much.
        (*UVICORN_COMMAND, "--ws", "websockets-sansio", "asgi_echo:app"),
    ),
]
"""They send every message back, at the path /; compression is off where it would be on."""

CLIENT_PEERS = [
    Peer("bare", "a bare protocol, no client", ("uvloop",), ("drive.py", "bare", "{port}"), True),
    Peer("aiohttp", "aiohttp", ("aiohttp", "uvloop"), ("drive.py", "aiohttp", "{port}"), True),
    Peer("httpx", "httpx", ("httpx", "uvloop"), ("drive.py", "httpx", "{port}")),
    Peer("httpx2", "httpx2", ("httpx2", "uvloop"), ("drive.py", "httpx2", "{port}")),
    Peer("niquests", "niquests", ("niquests", "uvloop"), ("drive.py", "niquests", "{port}")),
    Peer("tornado", "Tornado, simple", ("tornado", "uvloop"), ("drive.py", "tornado_simple", "{port}")),
    Peer("tornado-curl", "Tornado, curl", ("tornado", "pycurl", "uvloop"), ("drive.py", "tornado_curl", "{port}")),
    Peer("treq", "treq on epoll", ("treq", "twisted"), ("drive_treq.py", "{port}")),
    Peer("pycurl", "pycurl, multi", ("pycurl",), ("drive_pycurl.py", "{port}")),
    Peer("wreq", "wreq (Rust)", ("wreq", "uvloop"), ("drive.py", "wreq", "{port}"), True),
    Peer("pyreqwest", "pyreqwest (Rust)", ("pyreqwest", "uvloop"), ("drive.py", "pyreqwest", "{port}"), True),
    Peer("rnet", "rnet (Rust)", ("rnet", "uvloop"), ("drive.py", "rnet", "{port}")),
    Peer("impit", "impit (Rust)", ("impit", "uvloop"), ("drive.py", "impit", "{port}")),
    Peer("primp", "primp (Rust)", ("primp", "uvloop"), ("drive.py", "primp", "{port}")),
]
"""HTTP clients, in clients/; all but treq and pycurl are asyncio ones and run on uvloop."""

MODEL_PEERS = [
    Peer("driver-sqlite", "sqlite3, the bare driver", (), ("drive_sync.py", "sqlite3", "{url}"), True),
    Peer(
        "driver-postgresql", "asyncpg, the bare driver", ("asyncpg", "uvloop"), ("drive.py", "asyncpg", "{url}"), True
    ),
    Peer("aiosqlite-sqlite", "aiosqlite", ("aiosqlite", "uvloop"), ("drive.py", "aiosqlite", "{url}"), True),
    Peer(
        "sqlalchemy",
        "SQLAlchemy, asynchronous ORM",
        ("sqlalchemy[asyncio]", "asyncpg", "aiosqlite", "uvloop"),
        ("drive.py", "sqlalchemy", "{url}"),
        True,
    ),
    Peer("django", "Django", ("django", "psycopg[binary,pool]"), ("drive_sync.py", "django", "{url}"), True),
    Peer("tortoise", "Tortoise", ("tortoise-orm[asyncpg]", "uvloop"), ("drive.py", "tortoise", "{url}")),
    Peer("piccolo", "Piccolo", ("piccolo[postgres,sqlite]", "uvloop"), ("drive.py", "piccolo", "{url}")),
]
"""Data layers, in models/. A name that ends in an engine's stands on that engine alone."""

SYNC_CLIENT_PEERS = [
    Peer("requests", "requests", ("requests",), ("drive_sync.py", "requests", "{port}"), True),
    Peer("httpx", "httpx", ("httpx",), ("drive_sync.py", "httpx", "{port}"), True),
    Peer("niquests", "niquests", ("niquests",), ("drive_sync.py", "niquests", "{port}"), True),
]
"""Synchronous HTTP clients."""
REPLACES_URLLIB3 = "niquests"
"""It brings its own urllib3, which would take the place of the one that requests runs on: each has an environment."""


def choose_peers(names: str, among: Sequence[Peer] = PEERS) -> list[Peer]:
    """`quick`, `all`, `none`, or names with commas. Ends the program for a name that is not known."""
    if names in ("quick", "all", "none"):
        return [peer for peer in among if names == "all" or (names == "quick" and peer.is_quick)]
    known = {peer.name: peer for peer in among}
    if unknown := [name for name in names.split(",") if name not in known]:
        sys.exit(f"there is no peer {', '.join(unknown)}; they are {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def install_peers(python: str, peers: list[Peer], environment: str = "peers") -> tuple[str, list[Peer]]:
    """Their interpreter, and those that could be installed."""
    if not peers:
        return "", []
    made = make_environment(python, BUILD / environment, [])
    return made, [peer for peer in peers if _install(made, peer, environment)]


def _install(python: str, peer: Peer, environment: str) -> bool:
    stamp = BUILD / environment / f"{'-'.join(peer.packages)}.installed"
    if stamp.exists() and stamp.stat().st_mtime > PINNED.stat().st_mtime:
        return True
    print(f"installing {peer.title}", file=sys.stderr, flush=True)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q", "-c", str(PINNED)]
    done = subprocess.run([*pip, "msgspec", *peer.packages], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        print(f"left out: {peer.title} cannot be installed ({reason[-1][:120]})", file=sys.stderr)
        return False
    stamp.touch()
    return True
