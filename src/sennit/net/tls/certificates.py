"""The certificates of a listener: chosen by the name that a client asks for, renewed while the program runs."""

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from pathlib import Path

from ...errors import SennitError
from .certificate_names import certificate_names
from .context import server_context
from .settings import TLS

log = logging.getLogger("sennit.net")

Stamp = tuple[tuple[int, int, int], ...]
"""Inode, time and size of each file: differs once any of them has been written anew or replaced."""


class Certificates:
    """Loads in its constructor, which raises SennitError (net.E020 to net.E024). `context` is for the next connection.

    As a member of the listener's deadlines it looks at the files once a sweep, in a thread; what has changed and then
    stayed the same for one sweep is loaded. Files that cannot be used are told once, and the old ones serve on.
    """

    def __init__(self, tls: TLS, name: str, stamp: "Callable[[TLS], Stamp] | None" = None) -> None:
        if not tls.certs:
            raise SennitError(
                code="net.E020",
                what="a tls: endpoint that listens needs a certificate",
                where=name,
                fix="add ?cert=cert.pem&key=key.pem to the endpoint",
            )
        self._tls = tls
        self._name = name
        self._stamp_of = stamp or stamp_of
        self._stamp = self._seen = self._stamp_of(tls)
        self._looking: asyncio.Future[None] | None = None
        self.context = load_contexts(tls)

    def reload(self) -> bool:
        """Read the files now. False when they cannot be used: that is logged, and the old ones serve on."""
        self._stamp = self._seen = self._stamp_of(self._tls)
        try:
            self.context = load_contexts(self._tls)
        except SennitError as error:
            log.error("%s: the new certificate is not used, the old one serves on. %s", self._name, error)
            return False
        log.info("%s: certificates have been loaded anew", self._name)
        return True

    # ── a member of Deadlines ────────────────────────────────────────────────

    def sweep(self, now: float) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().run_in_executor(None, self._look)
            self._looking.add_done_callback(self._looked)

    def _look(self) -> None:
        """In a thread: a file system may be slow, and reading keys takes milliseconds."""
        stamp = self._stamp_of(self._tls)
        if stamp != self._seen:
            self._seen = stamp  # perhaps half of a pair: look once more
        elif stamp != self._stamp:
            self.reload()

    def _looked(self, looking: "asyncio.Future[None]") -> None:
        self._looking = None
        if not looking.cancelled() and (error := looking.exception()) is not None:
            log.error("%s: the certificates could not be looked at", self._name, exc_info=error)


def load_contexts(tls: TLS) -> ssl.SSLContext:
    """The context of the first pair, which hands over to the others by name. Raises SennitError."""
    contexts = [server_context(tls, cert, key) for cert, key in tls.certs]
    if len(contexts) > 1:
        table: dict[str, ssl.SSLContext] = {}
        for (cert, _), context in zip(tls.certs, contexts, strict=True):
            for name in _names(cert):
                table.setdefault(name, context)
        contexts[0].sni_callback = _choice(table)
    return contexts[0]


def _choice(table: dict[str, ssl.SSLContext]) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], None]:
    """RFC 6066 §3, RFC 9525 §6.3: a whole name first, then `*` for its first label; an unknown name gets the first pair."""

    def choose(ssl_object: ssl.SSLObject, server_name: str | None, context: ssl.SSLContext) -> None:
        name = (server_name or "").lower().removesuffix(".")
        chosen = table.get(name) or table.get("*." + name.partition(".")[2])
        if chosen is not None:
            ssl_object.context = chosen

    return choose


def _names(cert: str) -> list[str]:
    try:
        return certificate_names(Path(cert).read_text("ascii", errors="replace"))
    except (ValueError, OSError) as error:
        raise SennitError(
            code="net.E022",
            what=f"the names in the certificate {cert!r} cannot be read",
            where=cert,
            fix="give a PEM file that begins with the server's own certificate",
        ) from error


def stamp_of(tls: TLS) -> Stamp:
    paths = [path for pair in tls.certs for path in (*pair, tls.client_ca) if path]
    return tuple(_stamp(path) for path in paths)


def _stamp(path: str) -> tuple[int, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)
