"""Where to listen or connect, as text: `tcp:8000`, `tls://0.0.0.0:443?cert=c.pem&key=k.pem`, `unix:/run/app.sock`, `systemd:web`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..errors import SennitError, did_you_mean
from .tls.settings import TLS, read_alpn, read_client_cert, read_version, tls_of

BACKLOG = 1024
EVERYWHERE = "*"
"""The host that stands for all addresses of this machine, IPv6 as well where there is any."""
LATER = {"udp": "datagrams"}
"""Schemes that belong to parts which are not built yet."""

_SCHEME = re.compile(r"([a-z]+):(.*)", re.DOTALL)
_COLON = re.compile(r"((?:\[[^\]]*\]|\\.|[^:\\])*)(?::|$)")  # one part: brackets and backslashes hide colons


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One scheme with what belongs to it: host and port, or path, or fd, or the name of sockets that systemd passes."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    fd: int = -1
    name: str = ""
    """Of sockets from systemd; empty: the first."""
    backlog: int = BACKLOG
    reuse_port: bool = False
    mode: int | None = None
    """Permissions of a Unix socket."""
    owner: str = ""
    group: str = ""
    """Of a Unix socket, as names or numbers."""
    proxy: bool = False
    """Every connection begins with a header of the PROXY protocol, and comes from a trusted peer."""
    tls: TLS | None = None

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
        values.update(_read_options(text, scheme, options))
        return cls(scheme=scheme, **values)  # type: ignore[arg-type]

    def describe(self) -> str:
        """Text that parses to an equal endpoint."""
        options = [] if self.backlog == BACKLOG else [("backlog", str(self.backlog))]
        options.extend((name, "1") for name in ("reuse_port", "proxy") if getattr(self, name))
        if self.mode is not None:
            options.append(("mode", f"{self.mode:o}"))
        options.extend((name, value) for name in ("owner", "group") if (value := getattr(self, name)))
        if self.tls is not None:
            options.extend(self.tls.options())
        return self._place() + ("?" + urlencode(options, safe="/,:") if options else "")

    def rooted(self, root: Path, password: str | None = None) -> "Endpoint":
        """With relative paths below `root`; `password` opens encrypted keys."""
        path = str(root / self.path) if self.path else ""
        return replace(self, path=path, tls=None if self.tls is None else self.tls.rooted(root, password))

    def _place(self) -> str:
        if self.scheme == "unix":
            return f"unix://{self.path}"
        if self.scheme in ("fd", "systemd"):
            return f"{self.scheme}://{self.name if self.scheme == 'systemd' else self.fd}"
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


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


def _systemd(parts: list[str], default_host: str) -> dict[str, object]:
    if len(parts) > 1:
        raise ValueError
    return {"name": parts[0] if parts else ""}


_SCHEMES: dict[str, Callable[[list[str], str], dict[str, object]]] = {
    "tcp": _tcp,
    "tls": _tcp,
    "unix": _unix,
    "fd": _fd,
    "systemd": _systemd,
}


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _flag(text: str) -> bool:
    return {"1": True, "0": False}[text]


def _octal(text: str) -> int:
    return int(text, 8)


def _text(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError
    return text


_TLS: dict[str, Callable[[str], object]] = {
    "cert": _text,
    "key": _text,
    "ca": _text,
    "client_ca": _text,
    "client_cert": read_client_cert,
    "alpn": read_alpn,
    "min": read_version,
}
_PORT: dict[str, Callable[[str], object]] = {
    "backlog": _digits,
    "reuse_port": _flag,
    "interface": _text,
    "proxy": _flag,
}
_INHERITED: dict[str, Callable[[str], object]] = {"backlog": _digits, "proxy": _flag, **_TLS}
_OPTIONS: dict[str, dict[str, Callable[[str], object]]] = {
    "tcp": _PORT,
    "tls": {**_PORT, **_TLS},
    "unix": {"backlog": _digits, "mode": _octal, "owner": _text, "group": _text, "proxy": _flag},
    "fd": _INHERITED,
    "systemd": _INHERITED,
}


def _read_options(text: str, scheme: str, options: list[tuple[str, str]]) -> dict[str, object]:
    known = _OPTIONS[scheme]
    read = [(name, _read_option(text, scheme, name, value)) for name, value in options]
    values = {"host" if name == "interface" else name: value for name, value in read if name not in _TLS}
    about_tls = [(name, value) for name, value in read if name in _TLS]
    if about_tls or scheme == "tls":
        try:
            values["tls"] = tls_of(about_tls)
        except ValueError:
            raise _wrong_option(text, "a key= has no cert= of its own in front of it", known) from None
    return values


def _read_option(text: str, scheme: str, name: str, value: str) -> object:
    known = _OPTIONS[scheme]
    if name not in known:
        hint = did_you_mean(name, list(known)) or (" Use tls: for that." if name in _TLS else "")
        raise _wrong_option(text, f"{scheme}: has no option {name!r}.{hint}", known)
    try:
        return known[name](value)
    except (ValueError, KeyError):
        raise _wrong_option(text, f"{value!r} is not a value for the option {name!r}", known) from None


def _split_url(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    url = urlsplit(text)
    options = parse_qsl(url.query, keep_blank_values=True)
    if url.scheme == "unix":
        return [url.netloc + url.path], options
    if url.scheme == "systemd":
        return [url.netloc] if url.netloc else [], options
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
        fix="write 'tcp:8000', 'tcp://[::1]:8000', 'tls://0.0.0.0:443?cert=c.pem&key=k.pem', 'unix:/run/app.sock' or 'systemd:web'",
    )


def _wrong_option(text: str, what: str, known: dict[str, Callable[[str], object]]) -> SennitError:
    return SennitError(code="net.E002", what=what, where=repr(text), fix=f"use one of {', '.join(known)}")


def _later(text: str, scheme: str) -> SennitError:
    return SennitError(
        code="net.E003",
        what=f"{scheme}: endpoints ({LATER[scheme]}) are not built yet",
        where=repr(text),
        fix="use tcp:, tls:, unix:, fd: or systemd: for now",
    )
