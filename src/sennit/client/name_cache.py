"""Names that have been resolved, for a while; whoever asks for the same name at the same time shares one question."""

import asyncio
import ipaddress
import socket
import time
from collections import OrderedDict
from collections.abc import Callable

from ..net.racing import SocketAddress

TTL_S = 60.0
"""`getaddrinfo` does not tell how long a name holds; resolvers and browsers use about as much."""
MOST_NAMES = 1024

Found = tuple[SocketAddress, ...]


class NameCache:
    """`clock` gives monotonic seconds. One loop."""

    def __init__(self, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._known: OrderedDict[tuple[str, int], tuple[float, Found]] = OrderedDict()
        self._asking: dict[tuple[str, int], asyncio.Task[Found]] = {}

    async def resolve(self, host: str, port: int) -> Found:
        """Addresses in the order to try them. Raises OSError (socket.gaierror); failures are not kept."""
        literal = _literal(host, port)
        if literal is not None:
            return (literal,)
        known = self._known.get((host, port))
        if known is not None and known[0] > self._clock():
            return known[1]
        return await self._ask(host, port)

    def forget(self, host: str, port: int) -> None:
        """None of its addresses has answered."""
        self._known.pop((host, port), None)

    def close(self) -> None:
        for task in tuple(self._asking.values()):
            task.cancel()

    async def _ask(self, host: str, port: int) -> Found:
        key = (host, port)
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._look_up(host, port))
            task.add_done_callback(lambda done: self._asked(key, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ConnectionAbortedError("nobody resolves names any more") from None
            raise

    def _asked(self, key: tuple[str, int], done: "asyncio.Task[Found]") -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # everybody who asked may have gone

    async def _look_up(self, host: str, port: int) -> Found:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        addresses: Found = tuple(dict.fromkeys((int(each[0]), each[4]) for each in found))  # type: ignore[misc]
        self._known[host, port] = (self._clock() + self._ttl_s, addresses)
        self._known.move_to_end((host, port))
        if len(self._known) > MOST_NAMES:
            self._known.popitem(last=False)
        return addresses


def _literal(host: str, port: int) -> SocketAddress | None:
    """The address itself where the host is one; nobody has to be asked."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 4:
        return socket.AF_INET, (host, port)
    scope = getattr(address, "scope_id", None)
    if scope is not None:
        return None  # the number of its interface is the resolver's to know
    return socket.AF_INET6, (host, port, 0, 0)
