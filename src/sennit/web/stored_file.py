"""One state of a file: what identifies it, the fields that describe it, its content while that is kept."""

import os
import time

from ..http.conditions import Validators
from ..http.date import http_date

RACY_S = 2.0
"""A file changed less than this ago may change again without its time changing: clocks of file systems are coarse."""

Identity = tuple[int, int, int, int, int]


class StoredFile:
    """Made from a stat result. `lines` stand in every answer about the file, 304 included.

    is_settled: unchanged for a while, so that its identity tells its content for certain; until then the entity tag is
    weak (RFC 9110 §8.8.1). variant: tells a packed sibling's tag from its original's.
    """

    __slots__ = (
        "codings",
        "codings_at",
        "content",
        "digest",
        "identity",
        "is_settled",
        "lines",
        "media_type",
        "modified_s",
        "path",
        "size",
        "validators",
    )

    def __init__(self, path: str, stat: os.stat_result, media_type: str = "", variant: str = "") -> None:
        now = time.time()
        self.path = path
        self.size = stat.st_size
        self.identity = identity_of(stat)
        self.media_type = media_type
        self.modified_s = int(stat.st_mtime)
        self.is_settled = abs(now - stat.st_mtime) > RACY_S and abs(now - stat.st_ctime) > RACY_S
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}{variant}"'
        modified = int(min(max(stat.st_mtime, 0), now))  # never in the future (§8.8.2.1)
        self.validators = Validators(tag if self.is_settled else f"W/{tag}", modified)
        self.lines = [
            ("etag", self.validators.etag),
            ("last-modified", http_date(modified)),
            ("accept-ranges", "bytes"),
        ]
        self.content: bytes | None = None
        self.digest = ""
        self.codings: tuple[str, ...] = ()
        self.codings_at = float("-inf")


def identity_of(stat: os.stat_result) -> Identity:
    """Differs when the file was written or replaced, or when another one is at its place."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
