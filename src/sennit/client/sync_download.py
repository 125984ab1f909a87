"""What a download of the synchronous client gives."""

from dataclasses import dataclass
from pathlib import Path

from .sync_response import SyncResponse


@dataclass(frozen=True, slots=True)
class SyncDownload:
    """`size`: bytes of the file. `resumed_from`: how many of them were there already."""

    path: Path
    size: int
    resumed_from: int
    response: SyncResponse
