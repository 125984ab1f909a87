"""The Link field (RFC 8288): where the next page is, and what else belongs to an answer."""

import re

from .errors import ClientError
from .url import URL

_TARGET = re.compile(r"[,\s]*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')


def links_of(lines: list[str], url: URL) -> dict[str, URL]:
    """By relation, in lower case; of two with the same the first. What is no link or is about something else is left out (§3.2)."""
    found: dict[str, URL] = {}
    for line in lines:
        position = 0
        while target := _TARGET.match(line, position):
            position = target.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(line, position):
                position = parameter.end()
                quoted = parameter[2]
                value = parameter[3] or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(parameter[1].lower(), value)
            _add(found, parameters, target[1], url)
    return found


def _add(found: dict[str, URL], parameters: dict[str, str], target: str, url: URL) -> None:
    if "anchor" in parameters:
        return
    for relation in parameters.get("rel", "").lower().split():
        try:
            found.setdefault(relation, url.join(target.strip()))
        except ClientError:
            continue
