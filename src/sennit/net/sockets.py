"""Listening sockets of an endpoint, and how many descriptors there are."""

import errno
import os
import shutil
import socket
import stat
from typing import Any

from ..errors import SennitError
from .activation import passed_here
from .endpoint import EVERYWHERE, Endpoint

RESERVE = 64
"""Descriptors kept for files, databases and logs."""


def open_sockets(endpoint: Endpoint) -> list[socket.socket]:
    """Bound, listening, non-blocking. Raises SennitError: net.E004 when that cannot be done, net.E026, net.E029."""
    try:
        if endpoint.scheme == "unix":
            return [_unix_socket(endpoint)]
        if endpoint.scheme == "fd":
            return [_inherited_socket(endpoint, endpoint.fd)]
        if endpoint.scheme == "systemd":
            return [_inherited_socket(endpoint, fd) for fd in passed_here(endpoint.name)]
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
    """One for each address of the host; with port 0 all of them take the port that the first was given.

    A family that this machine does not have is left out, as long as another one serves.
    """
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    port = endpoint.port
    try:
        for family, host, scope in _addresses(endpoint):
            try:
                sockets.append(_tcp_socket(endpoint, family, (host, port, *scope)))
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                missing = error
                continue
            port = sockets[0].getsockname()[1]
        if missing is not None and not sockets:
            raise missing
    except BaseException:
        for opened in sockets:
            opened.close()
        raise
    return sockets


_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


def _addresses(endpoint: Endpoint) -> list[tuple[int, object, tuple[object, ...]]]:
    """Family, host, and what follows the port in an address."""
    if endpoint.host == EVERYWHERE:
        return [(socket.AF_INET, "0.0.0.0", ()), (socket.AF_INET6, "::", (0, 0))]
    flags = socket.AI_PASSIVE | socket.AI_ADDRCONFIG
    found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address[0], address[2:]) for family, _, _, _, address in dict.fromkeys(found)]


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


def _inherited_socket(endpoint: Endpoint, fd: int) -> socket.socket:
    """Our own descriptor for it, so that closing ours leaves the one that was passed."""
    opened = socket.socket(fileno=os.dup(fd))
    if opened.type != socket.SOCK_STREAM or opened.family not in _FAMILIES:
        opened.close()
        raise SennitError(
            code="net.E029",
            what=f"descriptor {fd} is not a stream socket",
            where=endpoint.describe(),
            fix="pass a TCP or Unix socket that listens; with systemd it is ListenStream= in the .socket unit",
        )
    return _listen(opened, endpoint)


_FAMILIES = {getattr(socket, name) for name in ("AF_INET", "AF_INET6", "AF_UNIX") if hasattr(socket, name)}


def _unix_socket(endpoint: Endpoint) -> socket.socket:
    _remove_stale(endpoint.path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(endpoint.path)
        # Nobody gets in before these hold: a socket that does not listen yet refuses.
        if endpoint.owner or endpoint.group:
            _give_to(endpoint)
        if endpoint.mode is not None:
            os.chmod(endpoint.path, endpoint.mode)
        return _listen(opened, endpoint)
    except BaseException:
        opened.close()
        raise


def _give_to(endpoint: Endpoint) -> None:
    try:
        shutil.chown(endpoint.path, _id(endpoint.owner), _id(endpoint.group))
    except (LookupError, PermissionError) as error:
        os.unlink(endpoint.path)
        raise SennitError(
            code="net.E029",
            what=f"the socket cannot be given to owner {endpoint.owner!r}, group {endpoint.group!r}: {error}",
            where=endpoint.describe(),
            fix="name a user and group of this machine; only root may give files away, others only to their own groups",
        ) from error


def _id(name: str) -> Any:
    return int(name) if name.isdigit() else name or None


def _remove_stale(path: str) -> None:
    """Take over the socket file of a process that was killed; one that still answers stays, and bind() will refuse."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a listener whose backlog is full is one, too
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except BlockingIOError:
            pass


def _listen(opened: socket.socket, endpoint: Endpoint) -> socket.socket:
    opened.listen(endpoint.backlog)
    opened.setblocking(False)
    return opened


def _cannot_listen(endpoint: Endpoint, error: OSError) -> SennitError:
    place = endpoint.path or (f"descriptor {endpoint.fd}" if endpoint.fd >= 0 else f"{endpoint.host}:{endpoint.port}")
    if endpoint.path and error.errno == errno.EADDRINUSE and not _is_socket(endpoint.path):
        return _in_the_way(endpoint)
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


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return True


def _in_the_way(endpoint: Endpoint) -> SennitError:
    return SennitError(
        code="net.E004",
        what=f"cannot listen on {endpoint.path}: a file that is no socket is in the way",
        where=endpoint.describe(),
        fix="choose another path, or move the file away",
    )
