"""Which text encoding the octets of an answer are in: what marks them, what the answer says, what they say themselves, UTF-8."""

import codecs
import re

_NOT_FOR_TEXT = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"))
"""Python has them beside the encodings: some take quadratic time, all would let the server choose what they do."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HTML = re.compile(rb"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w\-.:]{1,40})", re.IGNORECASE)
_IN_XML = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w\-.:]{1,40})")
LONGEST_MARK = 3
DECLARED_WITHIN = 1024
"""Octets in which an HTML page says its encoding, as browsers look for it (HTML §13.2.3.2)."""


def text_of(octets: bytes, charset: str, media_type: str = "") -> str:
    """What is wrong in the octets becomes U+FFFD; an unknown encoding is taken for UTF-8. charset: empty if nobody says."""
    encoding, mark = encoding_of(octets, charset, media_type)
    return octets[mark:].decode(encoding, "replace")


def encoding_of(octets: bytes, charset: str, media_type: str = "") -> tuple[str, int]:
    """The name of the encoding, and how many octets its mark has. A mark is more certain than what anybody says."""
    for mark, encoding in _MARKS:
        if octets.startswith(mark):
            return encoding, len(mark)
    return known_encoding(charset or declared_charset(octets, media_type)), 0


def declared_charset(octets: bytes, media_type: str) -> str:
    """What a page of HTML or XML says in its first octets; that it is UTF-16 it could not say so."""
    if media_type in ("text/html", "application/xhtml+xml"):
        found = _IN_HTML.search(octets[:DECLARED_WITHIN])
    elif media_type.endswith(("/xml", "+xml")):
        found = _IN_XML.match(octets[:DECLARED_WITHIN])
    else:
        return ""
    charset = "" if found is None else found[1].decode("ascii")
    return "" if charset.lower().startswith(("utf-16", "utf16", "utf-32")) else charset


def known_encoding(charset: str) -> str:
    try:
        found = codecs.lookup(charset or "utf-8")
    except (LookupError, ValueError):
        return "utf-8"
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("_", "-") not in _NOT_FOR_TEXT
    return found.name if is_text else "utf-8"


class TextDecoding:
    """Octets in, text out, wherever they are cut: a character in two pieces is one."""

    def __init__(self, charset: str, media_type: str = "") -> None:
        self._charset = charset
        self._media_type = media_type
        self._first = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, octets: bytes) -> str:
        if self._decoder is None:
            self._first += octets
            if len(self._first) < LONGEST_MARK:
                return ""
            octets = self._begin()
        assert self._decoder is not None
        return self._decoder.decode(octets)

    def finish(self) -> str:
        """What is left of a character that is cut off."""
        octets = b"" if self._decoder is not None else self._begin()
        assert self._decoder is not None
        return self._decoder.decode(octets, True)

    def _begin(self) -> bytes:
        encoding, mark = encoding_of(self._first, self._charset, self._media_type)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        return self._first[mark:]
