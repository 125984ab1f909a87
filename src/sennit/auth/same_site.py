"""Where a log-in may lead: only to a path of this site (threat: open redirects through `next`)."""

from urllib.parse import unquote

MOST_CHARACTERS = 2000


def same_site_path(target: str, default: str = "/") -> str:
    """The target when it is a path on this site, else the default.

    Refused: other schemes and hosts, `//host`, backslashes (browsers read them as slashes), and control
    characters or spaces, written plainly or percent-encoded at the start.
    """
    return target if _is_same_site(target) else default


def _is_same_site(target: str) -> bool:
    if not target.startswith("/") or len(target) > MOST_CHARACTERS:
        return False
    start = unquote(target[:12])
    if any(text[1:2] in ("/", "\\") for text in (target, start)) or "\\" in target:
        return False
    return all(32 < ord(c) < 127 for c in target) and not any(ord(c) <= 32 for c in start)
