"""Names of hosts beyond ASCII (RFC 5891, UTS 46 without its transition): what browsers make of them today.

The standard library has IDNA of 2003, which turns `ß` into `ss` and `ς` into `σ`: another host, and perhaps another owner.
"""

import encodings.idna
import re
import unicodedata

_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_KEPT = re.compile("([ßς])")
_JOINERS = frozenset("\u200c\u200d")
LONGEST_LABEL = 63


def to_ascii(host: str) -> str:
    """`xn--` and what belongs to it. Raises UnicodeError for what cannot be a host; joiners, which IDNA of 2003 drops, too."""
    return ".".join(_label(label) if label else "" for label in _DOTS.split(host))


def _label(label: str) -> str:
    if _JOINERS & set(label):
        raise UnicodeError("a joiner in a label")
    lowered = "".join(character.lower() for character in label)
    if not _KEPT.search(lowered):
        return encodings.idna.ToASCII(label).decode("ascii").lower()
    parts = [part if part in ("ß", "ς") else encodings.idna.nameprep(part) for part in _KEPT.split(lowered)]
    encoded = "xn--" + unicodedata.normalize("NFC", "".join(parts)).encode("punycode").decode("ascii")
    if len(encoded) > LONGEST_LABEL:
        raise UnicodeError("a label is too long")
    return encoded
