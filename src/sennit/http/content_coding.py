"""Which content coding an answer goes out in (RFC 9110 §8.4, §12.5.3)."""

from collections.abc import Sequence
from functools import lru_cache

IDENTITY = "identity"
MOST_CODINGS = 32
"""Members of one Accept-Encoding that are looked at; the rest is ignored (threat: endless q-lists)."""

_LONGEST_KEPT = 256


def choose_coding(accept_encoding: str | None, offered: Sequence[str]) -> str:
    """The coding that the client wants most; among equals the first of `offered`. `identity` where it wants none.

    A request without the field gets identity: it accepts anything (§12.5.3), but then nobody has said it can decode.
    """
    if not accept_encoding:
        return IDENTITY
    if len(accept_encoding) > _LONGEST_KEPT:
        return _choose(accept_encoding, tuple(offered))
    return _chosen(accept_encoding, tuple(offered))


def _choose(accept_encoding: str, offered: tuple[str, ...]) -> str:
    wanted = _weights(accept_encoding)
    rest = wanted.get("*", 0.0)
    best, most = IDENTITY, 0.0
    for coding in offered:
        weight = wanted.get(coding, rest)
        if weight > most:
            best, most = coding, weight
    # Identity is wanted less than any named coding unless the client weighs it itself.
    return IDENTITY if wanted.get(IDENTITY, 0.0) > most else best


_chosen = lru_cache(256)(_choose)


def _weights(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for member in accept_encoding.split(",", MOST_CODINGS)[:MOST_CODINGS]:
        name, _, parameters = member.partition(";")
        coding = name.strip().lower().removeprefix("x-")
        if coding:
            weights.setdefault(coding, _weight(parameters))
    return weights


def _weight(parameters: str) -> float:
    """`;q=0.5`; 1 without a weight, 0 for one that is wrong (§12.4.2)."""
    if not parameters.strip():
        return 1.0
    name, _, value = parameters.partition("=")
    text = value.strip()
    if name.strip().lower() != "q" or len(text) > 5 or not text.isascii() or not text.replace(".", "", 1).isdigit():
        return 0.0
    return min(1.0, float(text))
