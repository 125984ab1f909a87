"""Keys that are unique everywhere and sort by when they were made (RFC 9562 §5.7)."""

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new UUID of version 7: `id: Mapped[UUID] = column(primary_key=True, default=uuid7)`.

    The milliseconds since 1970, then the part of the millisecond in 1/4096 (§6.2, method 3), then 62 random bits: a
    table's rows stay in the order of their making, and its index grows at one end.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    part = rest * 4096 // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | part << 64 | 2 << 62 | secrets.randbits(62))
