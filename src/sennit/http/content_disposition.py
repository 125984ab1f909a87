"""Content-Disposition (RFC 6266): under which name a client keeps a file."""

from urllib.parse import quote

MOST_CHARACTERS = 255

_ATTR_CHAR = "!#$&+-.^_`|~"
"""Beside letters and digits, what stands for itself in an extended value (RFC 8187 §3.2.1)."""


def content_disposition(filename: str, disposition: str = "attachment") -> str:
    """With the name in both spellings (§4.3); folders, controls and what a quoted string cannot hold are taken out."""
    name = _plain_name(filename)
    fallback = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in name)
    extended = quote(name, safe=_ATTR_CHAR, errors="replace")
    if fallback == name:
        return f'{disposition}; filename="{fallback}"'
    return f"{disposition}; filename=\"{fallback}\"; filename*=UTF-8''{extended}"


def _plain_name(filename: str) -> str:
    """The last part of a path, without what could steer a terminal or turn the reading direction."""
    last = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(c if c.isprintable() else "_" for c in last)[:MOST_CHARACTERS].strip() or "file"
