"""Settings: `App(...)` arguments < `sennit.toml` (the mode's table on top of the common part) < environment < command line.

Typed, checked together; a wrong one names itself and where it was found.
"""

import secrets as random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..errors import SennitError, did_you_mean
from ..web.hosts import LOOPBACK_HOSTS

Mode = Literal["run", "serve", "test"]

FILE = "sennit.toml"
MODES = ("run", "serve", "test")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an app is started with."""

    name: str = ""
    database: str | None = None
    secret: str | list[str] | None = None
    """Signs sessions; of a list the first signs and all are accepted."""
    hosts: list[str] | None = None
    host: str | None = None
    port: int = 8000
    bind: list[str] = []
    """Endpoints of the HTTP side; instead of host and port."""
    trusted: list[str] = []
    """Networks of proxies, and `unix`: they are believed about the client, scheme and host of a request."""
    drain_s: float = 30
    templates: str = "templates"
    limits: dict[str, int | float | str] = {}
    admin: str | None = None
    access_log: Literal["common", "json", "off"] | None = None
    """One line a request; None is `common` under `serve` and `off` elsewhere."""
    access_log_file: str | None = None
    """Relative to the app's root; None is standard output."""
    request_id: bool = False
    """Send `x-request-id` with every answer, not only with errors."""
    request_id_from: list[str] = []
    """Networks whose `X-Request-ID` is taken over."""
    compress: bool = False
    etag: bool = False
    csp: bool | str = False
    """A content security policy, or true for a good one."""
    hsts_s: int = 0
    """Seconds for which browsers use https only; sent under TLS."""
    cors: list[str] = []
    """Origins whose scripts may call, without cookies."""
    health: bool = True
    """Answer `/-/live` and `/-/ready`."""
    workers: int | None = None
    """Processes under `sennit serve`; None: one for each usable core."""
    hang_s: float = 30
    """A worker whose loop stands still for so long is killed and replaced."""
    max_requests: int | None = None
    """A worker that has answered so many (and up to a tenth more) is replaced."""
    max_memory: int | str | None = None
    """A worker that uses more is replaced: octets, or `"512M"`."""
    pid_file: str | None = None
    """Written by `sennit serve`, read by `sennit reload`; relative to the working directory."""

    @property
    def secrets(self) -> list[str]:
        return [self.secret] if isinstance(self.secret, str) else list(self.secret or [])


_NAMES = tuple(field.name for field in msgspec.structs.fields(Settings))
_LISTS = ("hosts", "bind", "cors", "request_id_from", "trusted")


def load_settings(
    arguments: Mapping[str, Any], root: Path, mode: Mode, environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> Settings:
    """Raises an ExceptionGroup of SennitErrors: all wrong settings together."""
    layers = [("App(...)", arguments), *_file_layers(root / FILE, mode), *_environment(environ)]
    layers.append(("the command line", overrides))
    values: dict[str, Any] = {}
    mistakes: list[SennitError] = []
    for place, layer in layers:
        for name, value in layer.items():
            if value is None:
                continue
            try:
                values[name] = _checked(name, value, place)
            except SennitError as mistake:
                mistakes.append(mistake)
    if mistakes:
        raise ExceptionGroup("the settings cannot be used", mistakes)
    return _completed(Settings(**values), root, mode)


def _checked(name: str, value: Any, place: str) -> Any:
    field = next((f for f in msgspec.structs.fields(Settings) if f.name == name), None)
    if field is None:
        raise SennitError(
            code="settings.E001",
            what=f"there is no setting named {name!r}.{did_you_mean(name, _NAMES)}",
            where=place,
            fix=f"use one of {', '.join(_NAMES)}",
        )
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError as error:
        raise SennitError(
            code="settings.E004",
            what=f"the setting {name!r} cannot be {value!r}: {error}",
            where=place,
            fix=f"give it a value such as {name} = {_example(name)}",
        ) from None


def _example(name: str) -> str:
    examples = {
        "port": "8000",
        "hosts": '["example.org"]',
        "drain_s": "30",
        "bind": '["tcp:8000"]',
        "trusted": '["10.0.0.0/8"]',
        "workers": "2",
        **_MORE_EXAMPLES,
    }
    return examples.get(name, '"…"')


_MORE_EXAMPLES = {
    "access_log": '"json"',
    "compress": "true",
    "cors": '["https://app.example"]',
    "csp": "true",
    "etag": "true",
    "health": "false",
    "hsts_s": "31536000",
    "request_id": "true",
    "request_id_from": '["10.0.0.0/8"]',
}


def _file_layers(file: Path, mode: Mode) -> list[tuple[str, Mapping[str, Any]]]:
    if not file.is_file():
        return []
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SennitError(
            code="settings.E005", what=f"{FILE} cannot be read: {error}", where=str(file), fix="mend the line it names"
        ) from error
    common = {name: value for name, value in table.items() if name not in MODES}
    return [(str(file), common), (f"[{mode}] of {file}", table.get(mode, {}))]


def _environment(environ: Mapping[str, str]) -> list[tuple[str, Mapping[str, Any]]]:
    """`SENNIT_PORT=8001`; lists are separated by commas. `DATABASE_URL` names the database too."""
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if environ.get("DATABASE_URL"):
        layers.append(("the environment's DATABASE_URL", {"database": environ["DATABASE_URL"]}))
    for name in _NAMES:
        text = environ.get(f"SENNIT_{name.upper()}")
        if text is not None:
            value: Any = [part.strip() for part in text.split(",")] if name in _LISTS else text
            layers.append((f"the environment's SENNIT_{name.upper()}", {name: value}))
    return layers


def _completed(settings: Settings, root: Path, mode: Mode) -> Settings:
    """The mode's own defaults. Raises SennitError when `serve` lacks a secret or hosts."""
    host = settings.host or ("127.0.0.1" if mode != "serve" else "")
    settings = msgspec.structs.replace(
        settings,
        host=host,
        hosts=_hosts(settings, host, mode),
        access_log=settings.access_log or ("common" if mode == "serve" else "off"),
    )
    if settings.secrets:
        return settings
    if mode == "serve":
        raise SennitError(
            code="settings.E006",
            what="there is no secret, and `sennit serve` does not start without one: it signs sessions",
            where=f"looked in App(secret=…), {root / FILE}, SENNIT_SECRET",
            fix=f'add to {FILE}: secret = "{random.token_urlsafe(32)}"  (or set SENNIT_SECRET)',
        )
    secret = random.token_urlsafe(32) if mode == "test" else development_secret(root)
    return msgspec.structs.replace(settings, secret=secret)


def _hosts(settings: Settings, host: str, mode: Mode) -> list[str]:
    if settings.hosts is not None:
        return settings.hosts
    if mode == "test":
        return [*LOOPBACK_HOSTS, "test"]
    if all("unix:" in bind or is_loopback_bind(bind) for bind in settings.bind) and (
        settings.bind or is_loopback(host)
    ):
        return list(LOOPBACK_HOSTS)
    if mode == "run":
        return ["*"]
    raise SennitError(
        code="settings.E007",
        what="there are no allowed hosts, and `sennit serve` on a public address does not start without them",
        where=f"looked in App(hosts=…), {FILE}, SENNIT_HOSTS",
        fix=f'add to {FILE}: hosts = ["example.org"]  (["*"] allows every name)',
    )


def is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host in ("::1", "[::1]")


def is_loopback_bind(bind: str) -> bool:
    return any(f"{scheme}{host}" in bind for scheme in ("://", ":") for host in LOOPBACK_HOSTS)


def development_secret(root: Path) -> str:
    """Made once, kept in `.sennit/`, readable by its owner only."""
    file = root / ".sennit" / "secret"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        secret = random.token_urlsafe(32)
        file.touch(mode=0o600)
        file.write_text(secret + "\n", "ascii")
        return secret
