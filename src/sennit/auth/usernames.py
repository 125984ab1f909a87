"""What a username may be, and when two are the same."""

import re
import unicodedata

MOST_CHARACTERS = 150
MOST_KEY_CHARACTERS = 255
"""Folding can lengthen a text; what is longer is cut, and can at worst be said to be taken."""

_ALLOWED = re.compile(r"[\w.@+-]+")


def username_key(username: str) -> str:
    """The form in which usernames are compared: `Ann`, `ann` and full-width `ａｎｎ` are one (Unicode caseless match)."""
    text = unicodedata.normalize("NFKC", username.strip()[:MOST_CHARACTERS])
    return unicodedata.normalize("NFKC", text.casefold())[:MOST_KEY_CHARACTERS]


def username_fault(username: str) -> str:
    """Why a text is no username, empty when it is one."""
    if not username:
        return "is required"
    if len(username) > MOST_CHARACTERS:
        return f"has more than {MOST_CHARACTERS} characters"
    if not _ALLOWED.fullmatch(username):
        return "may have letters, digits and . @ + - _ only"
    return ""
