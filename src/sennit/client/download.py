"""A file fetched to the disk, gone on with where an earlier try ended (RFC 9110 §14)."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .errors import ProtocolFailed
from .options import Options
from .response import Response
from .url import URL

if TYPE_CHECKING:
    from .client import Client

Progress = Callable[[int, int | None], None]

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Download:
    """`size`: bytes of the file. `resumed_from`: how many of them were there already."""

    path: Path
    size: int
    resumed_from: int
    response: Response


async def download(
    client: "Client", url: str | URL, path: Path, *, resume: bool, on_progress: Progress | None, options: Options
) -> Download:
    unfinished = path.with_name(path.name + ".part")
    mark = path.with_name(path.name + ".part.tag")
    there, validator = await asyncio.to_thread(_there, unfinished, mark) if resume else (0, "")
    async with client.stream("GET", url, **_asking(options, there, validator)) as response:
        if there and response.status == 416:
            response.release()
            return await download(client, url, path, resume=False, on_progress=on_progress, options=options)
        response.raise_for_status()
        there, total = _extent(response, there)
        await asyncio.to_thread(mark.write_text, _validator(response), "utf-8")
        size = await _written(response, unfinished, there, total, on_progress)
    if total is not None and size != total:
        raise ProtocolFailed(f"{size} bytes of {total} came", url=response.url, phase="body")
    await asyncio.to_thread(_finish, unfinished, mark, path)
    return Download(path, size, there, response)


def _there(unfinished: Path, mark: Path) -> tuple[int, str]:
    """What is there, and of which version of the file it is; nothing counts without knowing that."""
    try:
        validator = mark.read_text("utf-8").strip()
        return (unfinished.stat().st_size, validator) if validator else (0, "")
    except (OSError, UnicodeDecodeError):
        return 0, ""


def _asking(options: Options, there: int, validator: str) -> Options:
    """As the server has it: a range of something compressed cannot be gone on with."""
    given = options.get("headers", {})
    headers = dict(given.items() if not isinstance(given, list) else given)
    headers["accept-encoding"] = "identity"
    if there:
        headers |= {"range": f"bytes={there}-", "if-range": validator}
    return {**options, "headers": headers}


def _validator(response: Response) -> str:
    """A strong entity tag, or the date; If-Range takes no weak one (§13.1.5)."""
    tag = response.headers.get("etag", "")
    return response.headers.get("last-modified", "") if not tag or tag.startswith("W/") else tag


def _extent(response: Response, there: int) -> tuple[int, int | None]:
    """From where it goes on, and the whole size if it is known. Raises ProtocolFailed for another part than was asked for."""
    if response.status != 206:
        length = response.headers.get("content-length", "")
        is_known = length.isdigit() and "content-encoding" not in response.headers
        return 0, int(length) if is_known else None
    match = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if match is None or int(match[1]) != there:
        raise ProtocolFailed(
            "the server sent another part of the file than was asked for", url=response.url, phase="head"
        )
    return there, None if match[3] == "*" else int(match[3])


async def _written(
    response: Response, unfinished: Path, there: int, total: int | None, on_progress: Progress | None
) -> int:
    with await asyncio.to_thread(_open, unfinished, there) as file:
        size = there
        async for piece in response:
            await asyncio.to_thread(file.write, piece)
            size += len(piece)
            if on_progress is not None:
                on_progress(size, total)
    return size


def _open(unfinished: Path, there: int) -> IO[bytes]:
    if not there:
        return unfinished.open("wb")
    file = unfinished.open("r+b")
    file.truncate(there)
    file.seek(there)
    return file


def _finish(unfinished: Path, mark: Path, path: Path) -> None:
    unfinished.replace(path)
    mark.unlink(missing_ok=True)
