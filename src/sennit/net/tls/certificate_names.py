"""The names in a certificate: what the SNI table is made of.

`ssl` tells the names of a peer's certificate only, not of our own, so the few fields on the way are walked here
(RFC 5280 §4.1, DER). Nothing is trusted because of it: the file is ours, and OpenSSL has accepted it already.
"""

import ssl
from collections.abc import Iterator

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SUBJECT_ALT_NAME = bytes.fromhex("0603551d11")
_SEQUENCE, _OCTETS, _EXTENSIONS, _DNS_NAME = 0x30, 0x04, 0xA3, 0x82


def certificate_names(pem: str) -> list[str]:
    """DNS names of the first certificate, lower case, as written (`*.example.org`). Raises ValueError."""
    start = pem.find(_BEGIN)
    end = pem.find(_END, start)
    if start < 0 or end < 0:
        raise ValueError("no certificate")
    der = ssl.PEM_cert_to_DER_cert(pem[start : end + len(_END)] + "\n")
    return [name.decode("ascii").lower() for name in _alternative_names(der)]


def _alternative_names(der: bytes) -> Iterator[bytes]:
    certificate = _inside(der, _SEQUENCE)
    to_be_signed = _inside(certificate, _SEQUENCE)
    for tag, value in _fields(to_be_signed):
        if tag == _EXTENSIONS:
            for _, extension in _fields(_inside(value, _SEQUENCE)):
                if extension.startswith(_SUBJECT_ALT_NAME):
                    octets = [inner for tag, inner in _fields(extension) if tag == _OCTETS]
                    names = _fields(_inside(octets[-1], _SEQUENCE))
                    yield from (name for tag, name in names if tag == _DNS_NAME)


def _inside(der: bytes, wanted: int) -> bytes:
    for tag, value in _fields(der):
        if tag == wanted:
            return value
    raise ValueError("not a certificate")


def _fields(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each field in a row."""
    at = 0
    while at + 2 <= len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size >= 0x80:
            width = size & 0x7F
            size = int.from_bytes(der[at : at + width], "big")
            at += width
        if at + size > len(der):
            raise ValueError("not a certificate")
        yield tag, der[at : at + size]
        at += size
