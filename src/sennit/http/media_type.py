"""Media types and what a client accepts (RFC 9110 §8.3, §12.5.1)."""

from functools import lru_cache

MOST_RANGES = 32
"""Ranges of one Accept field that are looked at; the rest is ignored (threat: endless q-lists)."""


def essence(content_type: str) -> str:
    """`text/html` from `Text/HTML; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, name: str) -> str:
    """The value of a parameter such as charset or boundary, unquoted; empty when there is none."""
    for part in content_type.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return ""


@lru_cache(256)
def quality(accept: str, media_type: str) -> float:
    """How much a client wants a media type: 0 not at all, 1 fully. An empty Accept wants everything.

    The most specific range counts (§12.5.1): `text/html` before `text/*` before `*/*`.
    """
    if not accept.strip():
        return 1.0
    kind = media_type.partition("/")[0]
    wanted = {media_type: 3, f"{kind}/*": 2, "*/*": 1}
    best, result = 0, 0.0
    for part in accept.split(",")[:MOST_RANGES]:
        rank = wanted.get(essence(part), 0)
        if rank > best:
            best, result = rank, _q(part)
    return result


def names(accept: str, media_type: str) -> bool:
    """Whether the client names a media type itself, not only by a wildcard."""
    return any(essence(part) == media_type and _q(part) > 0 for part in accept.split(",")[:MOST_RANGES])


def _q(part: str) -> float:
    text = parameter(part, "q")
    try:
        return min(1.0, max(0.0, float(text))) if text and len(text) <= 5 else 1.0
    except ValueError:
        return 0.0
