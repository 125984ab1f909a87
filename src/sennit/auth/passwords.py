"""Password hashing: argon2id, or scrypt of the standard library where argon2-cffi is missing.

The event loop never hashes: two threads of each process do, and at most MOST_WAITING calls wait for them.
An unknown account costs the same as a wrong password: `verify(password, None)` hashes against a stand-in.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Protocol, TypeVar

from ..errors import ServiceUnavailable

T = TypeVar("T")

MOST_CHARACTERS = 1024
"""A longer password is never right; hashing it would let a request buy more of our time than another."""
MOST_WAITING = 64
"""Hashes waiting for a thread, after which log-in answers 503: each holds 32 MiB while it runs."""
HASHING_THREADS = 2

_MEMORY_KIB = 32 * 1024
_PASSES = 3
_LANES = 1
"""Above OWASP's minimum for argon2id (19 MiB, 2 passes, 1 lane); about 50 ms on the machine it was measured on."""


class Hasher(Protocol):
    """One way of hashing. `prefix` begins every hash that it makes."""

    prefix: str

    def hash(self, password: str) -> str: ...
    def verify(self, password: str, encoded: str) -> bool: ...
    def is_outdated(self, encoded: str) -> bool: ...


class Argon2Hasher:
    """argon2id (RFC 9106). memory in KiB."""

    prefix = "$argon2"

    def __init__(self, *, memory: int = _MEMORY_KIB, passes: int = _PASSES, lanes: int = _LANES) -> None:
        """Raises ImportError when argon2-cffi is not installed."""
        from argon2 import PasswordHasher, exceptions

        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)
        self._wrong = (exceptions.VerificationError, exceptions.InvalidHashError)

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, password: str, encoded: str) -> bool:
        try:
            return self._argon2.verify(encoded, password)
        except self._wrong:
            return False

    def is_outdated(self, encoded: str) -> bool:
        try:
            return self._argon2.check_needs_rehash(encoded)
        except self._wrong:
            return True


class ScryptHasher:
    """scrypt (RFC 7914) as `scrypt$<n>$<r>$<p>$<salt>$<key>`; needs 128·n·r bytes."""

    prefix = "scrypt$"
    _MOST_MEMORY = 256 * 1024 * 1024

    def __init__(self, *, n: int = 2**15, r: int = 8, p: int = 1) -> None:
        self._cost = (n, r, p)

    def hash(self, password: str) -> str:
        salt = secrets.token_bytes(16)
        key = self._derive(password, salt, *self._cost)
        return self.prefix + "$".join([*map(str, self._cost), _to_text(salt), _to_text(key)])

    def verify(self, password: str, encoded: str) -> bool:
        try:
            _, n, r, p, salt, key = encoded.split("$")
            derived = self._derive(password, base64.b64decode(salt, validate=True), int(n), int(r), int(p))
            return hmac.compare_digest(derived, base64.b64decode(key, validate=True))
        except (ValueError, binascii.Error, OverflowError, MemoryError):
            return False

    def is_outdated(self, encoded: str) -> bool:
        return encoded.split("$")[1:4] != [str(part) for part in self._cost]

    def _derive(self, password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=self._MOST_MEMORY, dklen=32)


class Passwords:
    """Hashes with the first hasher, verifies with whichever made the hash."""

    def __init__(self, *hashers: Hasher) -> None:
        self._hashers = hashers or installed_hashers()
        self._stand_in: str | None = None

    async def hash(self, password: str) -> str:
        """The text to store. Raises ServiceUnavailable when too many wait."""
        return await _in_hashing_thread(self._hashers[0].hash, _normal(password))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether the password is the one hashed. With None (no such account), False at the same cost."""
        return await _in_hashing_thread(self._verify, password, encoded)

    def is_outdated(self, encoded: str) -> bool:
        """Whether the hash should be made anew while the password is at hand: another way or other parameters."""
        best = self._hashers[0]
        return not encoded.startswith(best.prefix) or best.is_outdated(encoded)

    def _verify(self, password: str, encoded: str | None) -> bool:
        hasher = self._made_by(encoded) if encoded and len(password) <= MOST_CHARACTERS else None
        if hasher is None or encoded is None:
            self._hashers[0].verify(_normal(password[:MOST_CHARACTERS]), self._stand_in_hash())
            return False
        return hasher.verify(_normal(password), encoded)

    def _made_by(self, encoded: str) -> Hasher | None:
        return next((hasher for hasher in self._hashers if encoded.startswith(hasher.prefix)), None)

    def _stand_in_hash(self) -> str:
        if self._stand_in is None:
            self._stand_in = self._hashers[0].hash(secrets.token_urlsafe())
        return self._stand_in


def installed_hashers() -> tuple[Hasher, ...]:
    """argon2id before scrypt, or scrypt alone where argon2-cffi is missing."""
    try:
        return (Argon2Hasher(), ScryptHasher())
    except ImportError:
        return (ScryptHasher(),)


def is_password_hash(text: str) -> bool:
    """Whether a text is a hash made here; the empty text is the hash of no password."""
    return text == "" or text.startswith((Argon2Hasher.prefix, ScryptHasher.prefix))


def _normal(password: str) -> str:
    """One form of the same characters, whatever keyboard made them (RFC 8265 §4.2). Lone surrogates become `?`."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class _Queue:
    """The hashing threads of one process. A forked child gets its own: threads do not survive a fork."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="sennit-passwords")
        self.waiting = 0


@lru_cache(1)
def _queue(process: int) -> _Queue:
    return _Queue()


async def _in_hashing_thread(function: Callable[..., T], *arguments: object) -> T:
    queue = _queue(os.getpid())
    if queue.waiting >= MOST_WAITING:
        raise ServiceUnavailable(detail="too many log-ins at this moment", headers={"retry-after": "2"})
    queue.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(queue.threads, function, *arguments)
    finally:
        queue.waiting -= 1
