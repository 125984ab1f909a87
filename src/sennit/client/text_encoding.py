"""Which text encoding the octets of an answer are in."""

import codecs

_NOT_FOR_TEXT = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"))
"""Python has them beside the encodings: some take quadratic time, all would let the server choose what they do."""


def text_of(octets: bytes, charset: str) -> str:
    """What is wrong in the octets becomes U+FFFD; an unknown encoding is taken for UTF-8."""
    if octets.startswith(codecs.BOM_UTF8):
        octets = octets[3:]
    return octets.decode(known_encoding(charset), "replace")


def known_encoding(charset: str) -> str:
    try:
        found = codecs.lookup(charset or "utf-8")
    except (LookupError, ValueError):
        return "utf-8"
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("_", "-") not in _NOT_FOR_TEXT
    return found.name if is_text else "utf-8"
