"""Listening sockets of an endpoint, and how many descriptors there are."""

import errno
import os
import socket
import stat

from ..errors import SennitError
from .endpoint import Endpoint

RESERVE = 64
"""Descriptors kept for files, databases and logs."""


def open_sockets(endpoint: Endpoint) -> list[socket.socket]:
    """Bound, listening, non-blocking. Raises SennitError (net.E004) when that cannot be done."""
    try:
        if endpoint.scheme == "unix":
            return [_unix_socket(endpoint)]
        if endpoint.scheme == "fd":
            return [_listen(socket.socket(fileno=os.dup(endpoint.fd)), endpoint)]
        return _tcp_sockets(endpoint)
    except OSError as error:
        raise _cannot_listen(endpoint, error) from error


def descriptor_limit() -> int:
    """Descriptors that connections may use: what the system allows this process, less a reserve."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (1 << 30) if soft == resource.RLIM_INFINITY else max(1, soft - RESERVE)


def _tcp_sockets(endpoint: Endpoint) -> list[socket.socket]:
    """One for each address of the host; with port 0 all of them take the port that the first was given."""
    flags = socket.AI_PASSIVE | socket.AI_ADDRCONFIG
    found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM, flags=flags)
    sockets: list[socket.socket] = []
    port = endpoint.port
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            sockets.append(_tcp_socket(endpoint, family, (address[0], port, *address[2:])))
            port = sockets[0].getsockname()[1]
    except BaseException:
        for opened in sockets:
            opened.close()
        raise
    return sockets


def _tcp_socket(endpoint: Endpoint, family: int, address: tuple[object, ...]) -> socket.socket:
    # With the protocol named, an accepted socket has it too: asyncio sets TCP_NODELAY only then.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if endpoint.reuse_port:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        return _listen(opened, endpoint)
    except BaseException:
        opened.close()
        raise


def _unix_socket(endpoint: Endpoint) -> socket.socket:
    _remove_stale(endpoint.path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(endpoint.path)
        if endpoint.mode is not None:
            os.chmod(endpoint.path, endpoint.mode)
        return _listen(opened, endpoint)
    except BaseException:
        opened.close()
        raise


def _remove_stale(path: str) -> None:
    """Take over the socket file of a process that was killed; one that still answers stays, and bind() will refuse."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)


def _listen(opened: socket.socket, endpoint: Endpoint) -> socket.socket:
    opened.listen(endpoint.backlog)
    opened.setblocking(False)
    return opened


def _cannot_listen(endpoint: Endpoint, error: OSError) -> SennitError:
    place = endpoint.path or (f"descriptor {endpoint.fd}" if endpoint.fd >= 0 else f"{endpoint.host}:{endpoint.port}")
    fixes = {
        errno.EADDRINUSE: "another program listens there: stop it, or choose another port (0 takes a free one)",
        errno.EACCES: "ports below 1024 and protected folders need privileges: choose another place",
    }
    return SennitError(
        code="net.E004",
        what=f"cannot listen on {place}: {error.strerror or error}",
        where=endpoint.describe(),
        fix=fixes.get(error.errno or 0, "check that the address belongs to this machine and the path exists"),
    )
