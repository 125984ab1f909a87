"""How long to wait before a worker that has died is replaced."""

YOUNG_S = 10.0
"""A worker that lived shorter died young."""
FIRST_S = 1.0
MOST_S = 30.0


class BackOff:
    """At once after a worker that had lived; 1, 2, 4 … 30 seconds after one that died young, and after those that follow."""

    def __init__(self) -> None:
        self._young = 0

    def after(self, lived_s: float) -> float:
        """Seconds to wait, given how long the worker was ready (0: never)."""
        if lived_s >= YOUNG_S:
            self._young = 0
            return 0.0
        self._young += 1
        return float(min(MOST_S, FIRST_S * 2 ** min(self._young - 1, 10)))
