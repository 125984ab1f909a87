"""Where to listen, as text: `tcp:8000`, `tcp://0.0.0.0:8000?backlog=64`, `unix:/run/app.sock`, `fd:3`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..errors import SennitError, did_you_mean

BACKLOG = 1024
LATER = {"tls": "TLS", "ssl": "TLS", "systemd": "socket activation", "udp": "datagrams"}
"""Schemes that belong to parts which are not built yet."""

_SCHEME = re.compile(r"([a-z]+):(.*)", re.DOTALL)
_COLON = re.compile(r"((?:\[[^\]]*\]|\\.|[^:\\])*)(?::|$)")  # one part: brackets and backslashes hide colons


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One scheme with what belongs to it: host and port, or path, or fd."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    fd: int = -1
    backlog: int = BACKLOG
    reuse_port: bool = False
    mode: int | None = None
    """Permissions of a Unix socket."""

    @classmethod
    def parse(cls, text: str, *, default_host: str = "127.0.0.1") -> "Endpoint":
        """`scheme://` is read as a URL, else parts are split at colons and a backslash takes away a colon's meaning.

        Raises SennitError: net.E001 not understood, net.E002 an option, net.E003 not built yet.
        """
        match = _SCHEME.fullmatch(text)
        scheme = match[1] if match else ""
        if match is None or scheme not in _SCHEMES:
            raise _later(text, scheme) if scheme in LATER else _not_understood(text, scheme)
        parts, options = _split_url(text) if match[2].startswith("//") else _split_colons(match[2])
        try:
            values = _SCHEMES[scheme](parts, default_host)
        except (ValueError, IndexError):
            raise _not_understood(text, scheme) from None
        return cls(scheme=scheme, **{**values, **_read_options(text, scheme, options)})  # type: ignore[arg-type]

    def describe(self) -> str:
        """Text that parses to an equal endpoint."""
        options = {}
        if self.backlog != BACKLOG:
            options["backlog"] = str(self.backlog)
        if self.reuse_port:
            options["reuse_port"] = "1"
        if self.mode is not None:
            options["mode"] = f"{self.mode:o}"
        return self._place() + ("?" + urlencode(options) if options else "")

    def _place(self) -> str:
        if self.scheme == "unix":
            return f"unix://{self.path}"
        if self.scheme == "fd":
            return f"fd://{self.fd}"
        return f"tcp://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def _tcp(parts: list[str], default_host: str) -> dict[str, object]:
    host, port = (default_host, parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    if len(parts) > 2 or not 0 <= _digits(port) <= 65535 or not host:
        raise ValueError
    return {"host": host.removeprefix("[").removesuffix("]"), "port": int(port)}


def _unix(parts: list[str], default_host: str) -> dict[str, object]:
    if len(parts) != 1 or not parts[0] or "\0" in parts[0]:
        raise ValueError
    return {"path": parts[0]}


def _fd(parts: list[str], default_host: str) -> dict[str, object]:
    if len(parts) != 1:
        raise ValueError
    return {"fd": _digits(parts[0])}


_SCHEMES: dict[str, Callable[[list[str], str], dict[str, object]]] = {"tcp": _tcp, "unix": _unix, "fd": _fd}


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _flag(text: str) -> bool:
    return {"1": True, "0": False}[text]


def _octal(text: str) -> int:
    return int(text, 8)


_OPTIONS: dict[str, dict[str, Callable[[str], object]]] = {
    "tcp": {"backlog": _digits, "reuse_port": _flag, "interface": str},
    "unix": {"backlog": _digits, "mode": _octal},
    "fd": {"backlog": _digits},
}


def _read_options(text: str, scheme: str, options: list[tuple[str, str]]) -> dict[str, object]:
    known = _OPTIONS[scheme]
    values: dict[str, object] = {}
    for name, value in options:
        if name not in known:
            raise _wrong_option(text, f"{scheme}: has no option {name!r}.{did_you_mean(name, list(known))}", known)
        try:
            values["host" if name == "interface" else name] = known[name](value)
        except (ValueError, KeyError):
            raise _wrong_option(text, f"{value!r} is not a value for the option {name!r}", known) from None
    return values


def _split_url(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    url = urlsplit(text)
    options = parse_qsl(url.query, keep_blank_values=True)
    if url.scheme == "unix":
        return [url.netloc + url.path], options
    host, colon, port = url.netloc.rpartition(":")
    return ([host, port] if colon and host else [port]), options


def _split_colons(rest: str) -> tuple[list[str], list[tuple[str, str]]]:
    parts: list[str] = []
    options: list[tuple[str, str]] = []
    for match in _COLON.finditer(rest):
        if match.end() == match.start():
            break
        part = re.sub(r"\\(.)", r"\1", match[1])
        name, equals, value = part.partition("=")
        if equals and parts:
            options.append((name, value))
        else:
            parts.append(part)
    return parts, options


def _not_understood(text: str, scheme: str) -> SennitError:
    hint = "" if scheme in _SCHEMES else did_you_mean(scheme, [*_SCHEMES, *LATER])
    return SennitError(
        code="net.E001",
        what=f"{text!r} is not an endpoint.{hint}",
        fix="write 'tcp:8000', 'tcp:0.0.0.0:8000', 'tcp://[::1]:8000', 'unix:/run/app.sock' or 'fd:3'",
    )


def _wrong_option(text: str, what: str, known: dict[str, Callable[[str], object]]) -> SennitError:
    return SennitError(code="net.E002", what=what, where=repr(text), fix=f"use one of {', '.join(known)}")


def _later(text: str, scheme: str) -> SennitError:
    return SennitError(
        code="net.E003",
        what=f"{scheme}: endpoints ({LATER[scheme]}) are not built yet",
        where=repr(text),
        fix="use tcp:, unix: or fd: for now; put a proxy in front for TLS",
    )
