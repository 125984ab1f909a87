"""Contexts for OpenSSL: what is allowed, and coded errors for files that cannot be used."""

import logging
import os
import ssl
import stat
from collections.abc import Callable

from ...errors import SennitError
from .settings import TLS

log = logging.getLogger("sennit.net")

# AEAD with forward secrecy only (RFC 9325 §4.2); TLS 1.3 knows no others.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def server_context(tls: TLS, cert: str, key: str) -> ssl.SSLContext:
    """Of a listener, for one certificate. Raises SennitError (net.E021 to net.E024)."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, tls)
    _load_pair(context, cert, key, tls.password)
    if tls.client_ca:
        _load_authorities(context, tls.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if tls.client_cert == "required" else ssl.CERT_OPTIONAL
    return context


def client_context(tls: TLS) -> ssl.SSLContext:
    """Of whoever connects. Make it once: reading the system's authorities takes milliseconds. Raises SennitError."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, tls)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca:
        _load_authorities(context, tls.ca)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for cert, key in tls.certs[:1]:
        _load_pair(context, cert, key, tls.password)
    return context


def _context(protocol: int, tls: TLS) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = _VERSIONS[tls.min]
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # An end without close_notify must be told from a good one; Python may be set to hide it.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    if tls.alpn:
        context.set_alpn_protocols(list(tls.alpn))
    return context


def _load_pair(context: ssl.SSLContext, cert: str, key: str, password: str | None) -> None:
    for path in (cert, key):
        if path:
            check_readable(path)
    _warn_of_open_key(key or cert)
    asked = _Password(key or cert, password)
    try:
        context.load_cert_chain(cert, key or None, asked)
    except ssl.SSLError as error:
        if asked.was_asked:
            raise _wrong_password(key or cert) from error
        raise _cannot_use(cert, key, error) from error


class _Password:
    """Asked only for encrypted keys. Without it OpenSSL would ask at the terminal, and a server would hang there."""

    def __init__(self, path: str, password: str | None) -> None:
        self._path = path
        self._password = password
        self.was_asked = False

    def __call__(self) -> str:
        if self._password is None:
            raise _password_missing(self._path)
        self.was_asked = True
        return self._password


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    check_readable(path)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise SennitError(
            code="net.E022",
            what=f"{path!r} holds no certificates of authorities: {_reason(error)}",
            where=path,
            fix="name a PEM file with at least one -----BEGIN CERTIFICATE----- block",
        ) from error


def check_readable(path: str) -> None:
    """Raises SennitError (net.E021), naming the file and what to do."""
    try:
        with open(path, "rb"):
            return
    except FileNotFoundError:
        what = f"the file {path!r} is not there"
        fix = "check the path; a relative one starts at the folder of the app"
    except OSError as error:
        what = f"the file {path!r} cannot be read: {error.strerror}"
        fix = f"let the user that runs this program (uid {_uid()}) read it, for example with chown or setfacl"
    raise SennitError(code="net.E021", what=what, where=path, fix=fix) from None


def _warn_of_open_key(path: str) -> None:
    mode = os.stat(path).st_mode
    if os.name == "posix" and mode & stat.S_IROTH:
        log.warning("the private key in %s can be read by every user of this machine: chmod o-r %s", path, path)


_MISMATCH: Callable[[str], bool] = {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}.__contains__


def _cannot_use(cert: str, key: str, error: ssl.SSLError) -> SennitError:
    if _MISMATCH(error.reason or ""):
        return SennitError(
            code="net.E023",
            what=f"the key in {key or cert!r} does not belong to the certificate in {cert!r}",
            where=cert,
            fix="name the key that this certificate was asked for with; the server's own certificate must stand first",
        )
    files = cert if not key else f"{cert} and {key}"
    return SennitError(
        code="net.E022",
        what=f"the certificate and key in {files} cannot be used: {_reason(error)}",
        where=files,
        fix="give PEM files: -----BEGIN CERTIFICATE----- (then its chain), and -----BEGIN PRIVATE KEY-----",
    )


def _password_missing(path: str) -> SennitError:
    return SennitError(
        code="net.E024",
        what=f"the key in {path!r} is encrypted, and there is no password for it",
        where=path,
        fix="set SENNIT_TLS_PASSWORD in the environment, or store the key without a password",
    )


def _wrong_password(path: str) -> SennitError:
    return SennitError(
        code="net.E024",
        what=f"the password does not open the key in {path!r}",
        where=path,
        fix="check SENNIT_TLS_PASSWORD in the environment",
    )


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "not understood").replace("_", " ").lower()


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
