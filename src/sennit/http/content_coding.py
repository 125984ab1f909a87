"""Which content coding a client takes (RFC 9110 §12.5.3)."""

from functools import lru_cache

from .media_type import MOST_RANGES, essence, parameter

_ALIASES = {"x-gzip": "gzip"}


@lru_cache(256)
def choose_coding(accept_encoding: str, available: tuple[str, ...]) -> str:
    """The one of `available` (best first) that the client wants most; empty for none of them, which is `identity`.

    A client that says nothing gets no coding, one that wants `identity` more neither.
    """
    wanted = _qualities(accept_encoding)
    anything = wanted.get("*", 0.0)
    best, most = "", wanted.get("identity", 0.0)
    for coding in available:
        quality = wanted.get(coding, anything)
        if quality > 0 and (quality > most or (not best and quality == most)):
            best, most = coding, quality
    return best


def _qualities(accept_encoding: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept_encoding.split(",")[:MOST_RANGES]:
        name = essence(part)
        if name:
            found[_ALIASES.get(name, name)] = _quality(parameter(part, "q"))
    return found


def _quality(text: str) -> float:
    if not text:
        return 1.0
    try:
        return min(1.0, max(0.0, float(text))) if len(text) <= 5 else 0.0
    except ValueError:
        return 0.0
