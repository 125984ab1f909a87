"""Which names and pieces of text are secrets, and what stands in their place.

Masking errs to the side of hiding: a name that only looks like a secret is hidden, too. It is a second line of
defence; the first is that this package is never imported in production.
"""

import re

MASK = "••••••••"

_SECRET = re.compile(
    r"password|passwd|passphrase|pwd|token|secret|cookie|authoriz|credential|csrf|bearer|jwt|session_?id|key",
    re.IGNORECASE,
)
# Names that hold `key` and never a secret: hiding them would hide the very thing a programmer looks for.
_HARMLESS = re.compile(
    r"primary_?key|foreign_?key|sort_?key|key_?errors?|keywords?|keyboard|monkey|turkey", re.IGNORECASE
)

_NAME = (
    r"[\w.-]*(?:password|passwd|passphrase|pwd|token|secret|cookie|credential|csrf|jwt|session_?id|api[_-]?key)[\w-]*"
)
_PAIR = re.compile(rf"(?<![\w.-])({_NAME})(=|%3D|:\s?)(?!=)([^\s&;,'\"<>=]+)", re.IGNORECASE)
_SCHEME = re.compile(r"\b((?:bearer|basic|digest|negotiate)\s+)[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
# Whatever follows `//name:` is a password unless it can only be a port; the `@` may have been cut away.
_USERINFO = re.compile(r"(//[^/\s:@\[\]'\"]*:)(?!\d{1,5}(?:[/?#\s'\"),]|$))[^/\s'\"]*?(?=@|[/\s'\"]|$)")
# Keys that tell by their form what they are, whatever the name they go by.
_KNOWN = re.compile(
    r"\b(?:[spr]k[-_](?:live|test)[-_]|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|AKIA|AIza|eyJ[\w-]{8,}\.)[\w.-]{4,}"
)
_LITERAL = re.compile(
    r"((?:password|passwd|passphrase|secret|token|credential|api_?key|private_?key)\w*['\"]?\s*[=:]\s*[rbuRBU]{0,2})"
    r"(['\"])([^'\"\n]+)(\2)",
    re.IGNORECASE,
)
_QUERY = re.compile(rf"([?&]{_NAME})(=)([^\s&;,'\"<>]+)()", re.IGNORECASE)
# Controls move a terminal's cursor; bidirectional marks make source read as what it is not; surrogates do not encode.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_secret(name: object) -> bool:
    """Whether a value under this name (of a variable, field, header, parameter) is to be hidden."""
    if type(name) is bytes:
        name = name[:200].decode("latin-1")
    return type(name) is str and bool(_SECRET.search(_HARMLESS.sub("", name[:200])))


def mask_text(text: str) -> str:
    """Text without the passwords of URLs, the credentials of `Authorization` and values of pairs such as `token=…`."""
    text = _USERINFO.sub(rf"\1{MASK}", text)
    text = _SCHEME.sub(rf"\1{MASK}", text)
    text = _KNOWN.sub(MASK, text)
    return _PAIR.sub(rf"\1\2{MASK}", text)


def mask_source(line: str) -> str:
    """A source line without the secrets in its literals; as long as before, so that columns stay right."""
    for pattern in (_USERINFO, _SCHEME, _KNOWN):
        line = pattern.sub(_dotted, line)
    for pattern in (_LITERAL, _QUERY):
        line = pattern.sub(lambda found: f"{found[1]}{found[2]}{'•' * len(found[3])}{found[4]}", line)
    return line


def printable(text: str) -> str:
    """Text with every control character, bidirectional mark and lone surrogate replaced by one visible character.

    Tab and line feed stay. The length does not change, so columns stay right.
    """
    return _UNPRINTABLE.sub(_visible, text)


def _dotted(found: re.Match[str]) -> str:
    """What follows the first group, or all of it, as dots."""
    kept = found[1] if found.re.groups else ""
    return kept + "•" * (len(found[0]) - len(kept))


def _visible(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 32:
        return chr(0x2400 + number)
    return "\u2421" if number == 127 else "\ufffd"
