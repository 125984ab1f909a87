"""Proxies: which one for which URL, and how it is asked for a way to the server (RFC 9110 §9.3.6, RFC 1928, RFC 1929).

Its credentials go to the proxy alone: in a CONNECT or a SOCKS greeting, or in a request that the proxy itself reads.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from ..errors import SennitError
from ..net.networks import read_ip
from ..protocols.http1 import HeadLimits, RemoteProtocolError, ResponseHead, parse_response_head, serialize_request_head
from .proxy_exempt import Exempt
from .proxy_wire import ProxyClosed, ProxyWire

Scheme = Literal["http", "https", "socks5"]
PORTS = {"http": 3128, "https": 443, "socks5": 1080}
_KIND = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5"}
_HEAD = HeadLimits(1024, 16 * 1024, 100)
MOST_HEAD = 20 * 1024
MOST_INFORMATIONAL = 16


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
        """From `http://user:password@host:3128`, `https://host` or `socks5://host:1080`. Raises SennitError (client.E012).

        `socks5` and `socks5h` are the same: the proxy resolves the names.
        """
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

    @property
    def reads_requests(self) -> bool:
        """It can be asked for a resource of http itself, not only for a way to a server (RFC 9112 §3.2.2)."""
        return self.scheme != "socks5"

    async def open_way(self, wire: ProxyWire, host: str, port: int) -> None:
        """Have the proxy, to which the wire leads, connect to the server. Raises ProxyRefused, OSError."""
        ask = _socks if self.scheme == "socks5" else _connect
        try:
            await ask(self, wire, host, port)
        except ProxyClosed:
            raise ProxyRefused("the proxy closed the connection before it answered") from None


class Proxies:
    """One proxy for everything, or one for each scheme (`http`, `https`, `all`); none for the names in `exempt`.

    `exempt` is read as `no_proxy` is (`Exempt`): names with what ends in them, addresses, networks, ports, `*`.
    """

    def __init__(self, proxies: str | Mapping[str, str], exempt: str = "") -> None:
        given = {"all": proxies} if isinstance(proxies, str) else proxies
        self._proxies = {scheme: Proxy.parse(text) for scheme, text in given.items() if text}
        self._exempt = Exempt(exempt)

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

    def proxy_for(self, scheme: str, host: str, port: int = 0) -> Proxy | None:
        """`scheme` is one of http, https, ws, wss."""
        plain = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        proxy = self._proxies.get(plain) or self._proxies.get("all")
        return None if proxy is None or self._exempt.holds(host, port) else proxy


async def _connect(proxy: Proxy, wire: ProxyWire, host: str, port: int) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [(b"proxy-authorization", proxy.authorization)] if proxy.user else []
    own = [(b"host", authority.encode("ascii"))]
    await wire.send(serialize_request_head("CONNECT", authority, lines, own))
    status = await _connect_status(wire)
    if status == 407:
        raise ProxyRefused("the proxy wants credentials, or other ones (407)")
    if not 200 <= status < 300:
        raise ProxyRefused(f"the proxy answered CONNECT with {status}")


async def _connect_status(wire: ProxyWire) -> int:
    data = b""
    left = MOST_INFORMATIONAL
    while True:
        head = _head_in(data)
        if head is None:
            if len(data) > MOST_HEAD:
                raise ProxyRefused("the proxy said too much before it answered CONNECT")
            data += await wire.receive(4096)
        elif head.status >= 200:
            if head.status < 300 and head.end != len(data):
                raise ProxyRefused("the proxy sent octets behind its answer that nobody has asked for")
            return head.status
        elif not left:
            raise ProxyRefused(f"the proxy sent more than {MOST_INFORMATIONAL} answers 1xx to CONNECT")
        else:
            left -= 1
            data = data[head.end :]


def _head_in(data: bytes) -> ResponseHead | None:
    try:
        return parse_response_head(data, 0, _HEAD, "CONNECT")
    except RemoteProtocolError as error:
        raise ProxyRefused(f"the proxy does not speak HTTP: {error.what}") from None


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


async def _socks(proxy: Proxy, wire: ProxyWire, host: str, port: int) -> None:
    await wire.send(b"\5\2\0\2" if proxy.user else b"\5\1\0")
    version, method = await wire.exactly(2)
    if version != 5:
        raise ProxyRefused("the proxy does not speak SOCKS 5")
    if method == _PASSWORD and proxy.user:
        await _log_in(proxy, wire)
    elif method != _NO_CREDENTIALS:
        raise ProxyRefused("the SOCKS proxy wants credentials, or a way to give them that is not known here")
    await wire.send(b"\5\1\0" + _socks_address(host) + port.to_bytes(2, "big"))
    version, said, _, kind = await wire.exactly(4)
    if said or version != 5:
        raise ProxyRefused(f"the SOCKS proxy refused: {_SOCKS_SAID.get(said, f'code {said}')}")
    if kind not in _SOCKS_ADDRESS_SIZES:
        raise ProxyRefused("the SOCKS proxy answers with an address of an unknown kind")
    size = _SOCKS_ADDRESS_SIZES[kind] or (await wire.exactly(1))[0]
    await wire.exactly(size + 2)


async def _log_in(proxy: Proxy, wire: ProxyWire) -> None:
    """RFC 1929."""
    user, password = proxy.user.encode(), proxy.password.encode()
    if len(user) > 255 or len(password) > 255:
        raise ProxyRefused("a SOCKS user and password are at most 255 octets long")
    greeting = b"\1" + bytes([len(user)]) + user + bytes([len(password)]) + password
    await wire.send(greeting)
    if (await wire.exactly(2))[1]:
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


def _not_a_proxy(text: str) -> SennitError:
    return SennitError(
        code="client.E012",
        what=f"{text.rpartition('@')[2]!r} is not a proxy",
        where="proxy=... or the environment",
        fix="write 'http://user:password@host:3128', 'https://host:443' or 'socks5://host:1080'",
    )
