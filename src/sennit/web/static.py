"""Folders of static files: found by plain names only, described once, sent as FileResponses."""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from ..errors import NotFound, Problem
from ..http.content_coding import IDENTITY, choose_coding
from ..http.file_type import file_type
from .file_cache import FileCache
from .file_response import SMALL_BYTES, FileResponse
from .open_file import OpenFile, read_all, why_not
from .request import Request
from .response import Response
from .static_name import DIGEST_DIGITS, hashed_name, is_inside, is_plain_name, split_hashed
from .stored_file import StoredFile, identity_of

ONE_YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
"""Kept by the client, and used again only after a conditional request."""

HASHED_BYTES = 4 * 1024 * 1024
"""Larger files keep their plain name: reading them for a digest would hold up everybody else."""
CODINGS = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
"""Content codings and the endings of packed siblings."""
SIBLINGS_S = 1.0
"""Siblings are looked for again after this."""


class StaticFolder:
    """Serves the files below a folder by name; links that lead out of it are not found.

    index: the file that answers for a folder, such as "index.html"; without it a folder is not found.
    Files are looked at at each request, so a change shows at once; what was found out about them is kept.
    """

    def __init__(self, folder: Path, *, index: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = os.path.realpath(folder)
        self.index = index
        self.cache = FileCache()
        self._clock = clock

    def respond(self, name: str) -> "StaticResponse":
        """name: decoded once, relative, slashes between parts; a digest in it is checked.

        Raises NotFound for whatever is not a plain file below the folder, ServiceUnavailable without descriptors,
        a Problem that redirects for a folder with an index whose last slash is missing.
        """
        if self.index and (not name or name.endswith("/")):
            name += self.index
        split = split_hashed(name)
        if split is not None:
            return self._respond_hashed(name, *split)
        try:
            return StaticResponse(self, name, self.find(name), ASK_AGAIN)
        except NotFound:
            if self.index and self._found(f"{name}/{self.index}"):
                # Relative to the address that was asked for, so that no prefix needs to be known (RFC 9110 §10.2.2).
                raise Problem(308, headers={"location": f"{quote(name.rpartition('/')[2])}/"}) from None
            raise

    def _respond_hashed(self, name: str, plain: str, digest: str) -> "StaticResponse":
        """The file as it is now also for a digest that has passed: an old page finds its style sheet still."""
        stored = self._found(plain)
        if stored is not None and self.digest(stored) == digest:
            return StaticResponse(self, plain, stored, ONE_YEAR)
        itself = self._found(name)
        if itself is not None:
            return StaticResponse(self, name, itself, ASK_AGAIN)
        if stored is None or not stored.digest:
            raise NotFound
        return StaticResponse(self, plain, stored, ASK_AGAIN)

    def hashed_name(self, name: str) -> str:
        """The name with the file's digest in it; the plain name for a large file. Raises NotFound."""
        digest = self.digest(self.find(name))
        return hashed_name(name, digest) if digest else name

    # ── finding ──────────────────────────────────────────────────────────────

    def find(self, name: str) -> StoredFile:
        """The file as it is now. One stat (2 µs) where it is known; also a link that leads elsewhere now is noticed."""
        known = self.cache.get(name)
        if known is None:
            return self._discover(name)
        try:
            if identity_of(os.stat(self._path(name))) == known.identity:
                return known
        except OSError:
            pass
        self.cache.drop(name)
        return self._discover(name)

    def _found(self, name: str) -> StoredFile | None:
        try:
            return self.find(name)
        except NotFound:
            return None

    def _discover(self, name: str) -> StoredFile:
        if not is_plain_name(name):
            raise NotFound
        try:
            real = os.path.realpath(self._path(name), strict=True)
            found = os.stat(real)
        except (OSError, ValueError) as error:
            raise why_not(error) from None
        if not is_inside(self.folder, real) or not stat.S_ISREG(found.st_mode):
            raise NotFound
        stored = StoredFile(real, found, file_type(name), _variant(name))
        if stored.is_settled:
            self.cache.put(name, stored)
        return stored

    def _path(self, name: str) -> str:
        return f"{self.folder}{os.sep}{name}"

    def digest(self, stored: StoredFile) -> str:
        """Of the content; empty for a large file."""
        if not stored.digest and stored.size <= HASHED_BYTES:
            with OpenFile(stored.path) as file:
                content = read_all(file.fd, 0, HASHED_BYTES)
            stored.digest = hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]
        return stored.digest

    # ── packed siblings ──────────────────────────────────────────────────────

    def codings(self, name: str, stored: StoredFile) -> tuple[str, ...]:
        """Those that the file has a sibling in which is not older than itself, the smallest first."""
        now = self._clock()
        if now - stored.codings_at >= SIBLINGS_S:
            stored.codings_at = now
            found = [(sibling.size, coding) for coding in CODINGS if (sibling := self.packed(name, stored, coding))]
            stored.codings = tuple(coding for _, coding in sorted(found))
        return stored.codings

    def packed(self, name: str, stored: StoredFile, coding: str) -> StoredFile | None:
        sibling = self._found(name + CODINGS[coding])
        return sibling if sibling is not None and sibling.modified_s >= stored.modified_s else None


def _variant(name: str) -> str:
    return next((f"-{coding}" for coding, ending in CODINGS.items() if name.endswith(ending)), "")


class StaticResponse(FileResponse):
    """A file of a folder, in the coding that the client wants most."""

    def __init__(self, folder: StaticFolder, name: str, stored: StoredFile, cache_control: str) -> None:
        Response.__init__(self, None)
        self.path = stored.path
        self.file_body = None
        self.headers.extend_checked((("content-type", stored.media_type), ("cache-control", cache_control)))
        self._folder = folder
        self._name = name
        self._stored = stored
        self.is_for_everybody = False
        """Set by a handler that decides nothing: the next one who asks may get it past the handler."""
        self.settled_file: StoredFile | None = None
        """Set by `prepare` where the file alone decides the answer, whoever asks."""

    async def prepare(self, request: Request, root: Path) -> None:
        """Raises NotFound, ServiceUnavailable."""
        name, stored = self._choose_coding(request)
        self.settled_file = stored if stored.is_settled else None
        if stored.content is not None:
            await self.choose(request, stored, None)
            return
        file = OpenFile(stored.path)
        if identity_of(file.stat) != stored.identity:  # replaced just now: what its name promised may not hold
            stored = StoredFile(stored.path, file.stat, stored.media_type, _variant(name))
            self.headers["cache-control"] = ASK_AGAIN
            self.settled_file = None
        if stored.size <= SMALL_BYTES:
            content = await file.read(0, stored.size)
            if len(content) == stored.size:
                file.close()
                self._folder.cache.keep_content(name, stored, content)
                await self.choose(request, stored, None)
                return
        await self.choose(request, stored, file)

    def _choose_coding(self, request: Request) -> tuple[str, StoredFile]:
        name, stored = self._name, self._stored
        codings = self._folder.codings(name, stored)
        if codings:
            self.headers.add("vary", "accept-encoding")
            coding = choose_coding(request.headers.get("accept-encoding", ""), codings)
            sibling = None if coding == IDENTITY else self._folder.packed(name, stored, coding)
            if sibling is not None:
                self.headers["content-encoding"] = coding
                return name + CODINGS[coding], sibling
        return name, stored
