"""Proxies: which one for which URL, and how it is asked for a way to the server (RFC 9110 §9.3.6, RFC 1928, RFC 1929).

Its credentials go to the proxy alone: in a CONNECT or a SOCKS greeting, or in a request that the proxy itself reads.
"""

import asyncio
import base64
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from ..errors import SennitError
from ..net.networks import read_ip
from ..protocols.http1 import HeadLimits, RemoteProtocolError, parse_response_head, serialize_request_head

Scheme = Literal["http", "socks5"]
PORTS = {"http": 3128, "socks5": 1080}
_KIND = {"http": "http", "socks5": "socks5", "socks5h": "socks5"}
_HEAD = HeadLimits(1024, 16 * 1024, 100)
MOST_HEAD = 20 * 1024


class ProxyRefused(Exception):
    """The proxy will not, or does not speak its protocol; the message has nothing secret in it."""


@dataclass(frozen=True, slots=True)
class Proxy:
    scheme: Scheme
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> "Proxy":
        """From `http://user:password@host:3128` or `socks5://host:1080`. Raises SennitError (client.E012)."""
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            scheme = _KIND[parts.scheme]
            host, port = parts.hostname or "", parts.port or PORTS[scheme]
            if not host:
                raise ValueError
        except (ValueError, KeyError):
            raise _not_a_proxy(text) from None
        return cls(cast(Scheme, scheme), host, port, unquote(parts.username or ""), unquote(parts.password or ""))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def authorization(self) -> bytes:
        """The value of Proxy-Authorization; b"" without credentials."""
        if not self.user:
            return b""
        return b"Basic " + base64.b64encode(f"{self.user}:{self.password}".encode())

    async def open_way(self, opened: socket.socket, host: str, port: int) -> None:
        """Have the proxy, to which the socket is connected, connect to the server. Raises ProxyRefused, OSError."""
        ask = _connect if self.scheme == "http" else _socks
        await ask(self, opened, host, port)


class Proxies:
    """One proxy for everything, or one for each scheme (`http`, `https`, `all`); none for the names in `exempt`.

    `exempt` is read as `no_proxy` is: names with what ends in them, addresses, networks, `*`.
    """

    def __init__(self, proxies: str | Mapping[str, str], exempt: str = "") -> None:
        given = {"all": proxies} if isinstance(proxies, str) else proxies
        self._proxies = {scheme: Proxy.parse(text) for scheme, text in given.items() if text}
        self._exempt = [each.strip().lower().lstrip(".") for each in exempt.split(",") if each.strip()]

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> "Proxies":
        """From `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, upper case too.

        Not `HTTP_PROXY` inside CGI, where a header of the request sets it.
        """
        environment = os.environ if environment is None else environment

        def value(name: str) -> str:
            may_be_upper = not (name == "http_proxy" and "REQUEST_METHOD" in environment)
            return environment.get(name) or (environment.get(name.upper(), "") if may_be_upper else "")

        return cls({each: value(f"{each}_proxy") for each in ("http", "https", "all")}, value("no_proxy"))

    def __bool__(self) -> bool:
        return bool(self._proxies)

    def proxy_for(self, scheme: str, host: str) -> Proxy | None:
        """`scheme` is one of http, https, ws, wss."""
        plain = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        proxy = self._proxies.get(plain) or self._proxies.get("all")
        return None if proxy is None or self._is_exempt(host.lower()) else proxy

    def _is_exempt(self, host: str) -> bool:
        return any(
            each == "*" or host == each or host.endswith(f".{each}") or _holds(each, host) for each in self._exempt
        )


def _holds(network: str, host: str) -> bool:
    address = read_ip(host)
    if address is None:
        return False
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


async def _connect(proxy: Proxy, opened: socket.socket, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [(b"proxy-authorization", proxy.authorization)] if proxy.user else []
    own = [(b"host", authority.encode("ascii"))]
    await loop.sock_sendall(opened, serialize_request_head("CONNECT", authority, lines, own))
    status = await _connect_status(opened)
    if status == 407:
        raise ProxyRefused("the proxy wants credentials, or other ones (407)")
    if not 200 <= status < 300:
        raise ProxyRefused(f"the proxy answered CONNECT with {status}")


async def _connect_status(opened: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    data = b""
    while True:
        piece = await loop.sock_recv(opened, 4096)
        data += piece
        try:
            head = parse_response_head(data, 0, _HEAD, "CONNECT")
        except RemoteProtocolError as error:
            raise ProxyRefused(f"the proxy does not speak HTTP: {error.what}") from None
        if head is None:
            if not piece or len(data) > MOST_HEAD:
                raise ProxyRefused("the proxy closed, or said too much, before it answered CONNECT")
            continue
        if head.status >= 200:
            if head.status < 300 and head.end != len(data):
                raise ProxyRefused("the proxy sent octets behind its answer that nobody has asked for")
            return head.status
        data = data[head.end :]


_NO_CREDENTIALS, _PASSWORD = 0, 2
_SOCKS_ADDRESS_SIZES = {1: 4, 3: 0, 4: 16}
"""By kind (RFC 1928 §5); a name, of kind 3, says its own."""
_SOCKS_SAID = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


async def _socks(proxy: Proxy, opened: socket.socket, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(opened, b"\5\2\0\2" if proxy.user else b"\5\1\0")
    version, method = await _exactly(opened, 2)
    if version != 5:
        raise ProxyRefused("the proxy does not speak SOCKS 5")
    if method == _PASSWORD and proxy.user:
        await _log_in(proxy, opened)
    elif method != _NO_CREDENTIALS:
        raise ProxyRefused("the SOCKS proxy wants credentials, or a way to give them that is not known here")
    await loop.sock_sendall(opened, b"\5\1\0" + _socks_address(host) + port.to_bytes(2, "big"))
    version, said, _, kind = await _exactly(opened, 4)
    if said or version != 5:
        raise ProxyRefused(f"the SOCKS proxy refused: {_SOCKS_SAID.get(said, f'code {said}')}")
    if kind not in _SOCKS_ADDRESS_SIZES:
        raise ProxyRefused("the SOCKS proxy answers with an address of an unknown kind")
    size = _SOCKS_ADDRESS_SIZES[kind] or (await _exactly(opened, 1))[0]
    await _exactly(opened, size + 2)


async def _log_in(proxy: Proxy, opened: socket.socket) -> None:
    """RFC 1929."""
    user, password = proxy.user.encode(), proxy.password.encode()
    if len(user) > 255 or len(password) > 255:
        raise ProxyRefused("a SOCKS user and password are at most 255 octets long")
    greeting = b"\1" + bytes([len(user)]) + user + bytes([len(password)]) + password
    await asyncio.get_running_loop().sock_sendall(opened, greeting)
    if (await _exactly(opened, 2))[1]:
        raise ProxyRefused("the SOCKS proxy does not accept the user and password")


def _socks_address(host: str) -> bytes:
    """Names are resolved by the proxy."""
    address = read_ip(host)
    if address is not None:
        return (b"\1" if address.version == 4 else b"\4") + address.packed
    name = host.encode("ascii")
    if len(name) > 255:
        raise ProxyRefused("the host name is longer than a SOCKS proxy takes")
    return b"\3" + bytes([len(name)]) + name


async def _exactly(opened: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await asyncio.get_running_loop().sock_recv(opened, count - len(data))
        if not piece:
            raise ProxyRefused("the proxy closed the connection")
        data += piece
    return data


def _not_a_proxy(text: str) -> SennitError:
    return SennitError(
        code="client.E012",
        what=f"{text.rpartition('@')[2]!r} is not a proxy",
        where="proxy=... or the environment",
        fix="write 'http://user:password@host:3128' or 'socks5://host:1080'",
    )
