"""How long to wait before trying again: longer each time, and never the same for all who wait."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .limits import check_above_zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Before try n (from 1): `first_s * factor**(n - 1)`, at most `most_s`, of which a random part up to `jitter` (0 to 1) is left
    out, so that a thousand clients of a server that restarts do not come back in one moment. After `tries` that failed in
    a row it is given up. chance: numbers from 0 to 1, for tests.

    Raises SennitError (client.E010) for a value that is not a number above 0.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    factor: float = 2.0
    jitter: float = 0.5
    tries: int = 20
    chance: Callable[[], float] = field(default=random.random, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("first_s", "most_s", "factor", "jitter", "tries"):
            check_above_zero("Backoff", name, getattr(self, name))

    def delay_s(self, attempt: int) -> float:
        whole = min(self.most_s, self.first_s * self.factor ** min(attempt - 1, 64))
        return whole * (1 - min(self.jitter, 1.0) * self.chance())
