"""Request targets and hosts: the rare forms, which both twins of the head parser leave to this file."""

import re

_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::([0-9]{1,5}))?",
)
"""uri-host [":" port] of RFC 3986 §3.2.2, without the comma (a list) and without an empty host or port."""

_ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?]*)(.*)", re.DOTALL)


def is_host(value: bytes) -> bool:
    match = _HOST.fullmatch(value)
    return match is not None and int(match[1] or 0) <= 65535


def split_target(method: bytes, target: bytes) -> tuple[bytes, bytes] | None:
    """(path and query, authority) of a target that does not start with a slash, None for one with the wrong form.

    absolute-form (RFC 9112 §3.2.2) has an authority, which replaces Host; asterisk-form (§3.2.4) is for OPTIONS only.
    """
    if target == b"*":
        return (target, b"") if method == b"OPTIONS" else None
    match = _ABSOLUTE.fullmatch(target)
    if match is None or not is_host(match[1]):
        return None
    rest = match[2]
    return (rest if rest.startswith(b"/") else b"/" + rest), match[1]
