"""Slows down guessing: five tries in fifteen minutes for an account and for an address, then a growing delay.

A try is counted when it begins and forgiven when it succeeds, so a thousand at once count as a thousand.
The owner is not locked out by others: a device that has signed in to the account before is counted apart.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

FREE_TRIES = 5
WINDOW_S = 15 * 60.0
FIRST_DELAY_S = 15.0
LONGEST_DELAY_S = 15 * 60.0
MOST_COUNTED = 20_000
"""Accounts and addresses remembered, each; the one unused for longest is forgotten first."""


@dataclass(slots=True)
class _Tries:
    """At most FREE_TRIES recent ones with the account that each was for."""

    recent: list[tuple[float, str]] = field(default_factory=list)
    delay_s: float = 0.0
    until: float = 0.0


class _Table:
    """Tries by key, least recently used first; bounded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def wait_s(self, key: str, now: float) -> float:
        """Seconds until the next try may begin; 0 when it may now."""
        tries = self._tries.get(key)
        return max(0.0, tries.until - now) if tries else 0.0

    def record(self, key: str, account: str, now: float) -> None:
        tries = self._tries.setdefault(key, _Tries())
        self._tries.move_to_end(key)
        if len(self._tries) > self._most:
            self._tries.popitem(last=False)
        if now - tries.until > WINDOW_S:
            tries.delay_s = 0.0
        tries.recent = [one for one in tries.recent if now - one[0] < WINDOW_S][1 - FREE_TRIES :]
        tries.recent.append((now, account))
        if len(tries.recent) >= FREE_TRIES:
            tries.delay_s = min(LONGEST_DELAY_S, tries.delay_s * 2 or FIRST_DELAY_S)
            tries.until = now + tries.delay_s

    def forgive(self, key: str, account: str) -> None:
        """Forget the tries for one account. Those for others stay: an own account buys no guesses at another."""
        tries = self._tries.get(key)
        if tries is None:
            return
        tries.recent = [one for one in tries.recent if one[1] != account]
        if not tries.recent:
            del self._tries[key]
        elif len(tries.recent) < FREE_TRIES:
            tries.delay_s = tries.until = 0.0


class Throttle:
    """Counts tries by account and by address.

    clock: seconds that never jump back (`time.monotonic`). Addresses of IPv6 count by their /64 network.
    Loopback and Unix peers have no address of their own (a proxy may stand there): only the account counts.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST_COUNTED) -> None:
        self._clock = clock
        self._accounts = _Table(most)
        self._addresses = _Table(most)

    def admit(self, account: str, address: str, *, device: str = "") -> float:
        """Begin a try: 0 and it is counted, or the seconds to wait and it is not.

        account: the name that was entered, existing or not. device: the mark of a device that has signed in
        to this account before; empty for a stranger.
        """
        now = self._clock()
        account_key, network = _account_key(account, device), _network(address)
        wait = self._accounts.wait_s(account_key, now)
        if network:
            wait = max(wait, self._addresses.wait_s(network, now))
        if wait:
            return wait
        self._accounts.record(account_key, account, now)
        if network:
            self._addresses.record(network, account, now)
        return 0.0

    def succeeded(self, account: str, address: str, *, device: str = "") -> None:
        """The tries for this account from here were its owner's."""
        self._accounts.forgive(_account_key(account, device), account)
        self._addresses.forgive(_network(address), account)


def _account_key(account: str, device: str) -> str:
    return f"{account}\0{device}"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return "" if parsed.is_loopback else str(ipaddress.IPv6Network((parsed, 64), strict=False))
        return "" if parsed.ipv4_mapped.is_loopback else str(parsed.ipv4_mapped)
    return "" if parsed.is_loopback else address
