"""Names below a static folder (threat R42): one that could leave it, or reach what is hidden, cannot be spelled."""

import os
import re

DIGEST_DIGITS = 12
_HASHED = re.compile(rf"(.*[^/])\.([0-9a-f]{{{DIGEST_DIGITS}}})(\.[^./]*)?")
_NEVER = re.compile(r"[\0-\x1f\\:\x7f]")
"""NUL and controls, the other system's separator, drives and streams (`C:`, `::$DATA`)."""


def is_plain_name(name: str) -> bool:
    """`name`: percent-decoded once, relative, with slashes. No part may be empty, hidden (`.`, `..` and `.git` are that
    too), or end in a dot or a space, which some systems leave out."""
    if _NEVER.search(name):
        return False
    parts = name.split("/")
    return all(part and part[0] != "." and part[-1] not in ". " for part in parts)


def is_inside(folder: str, real: str) -> bool:
    """Whether a real path lies below a real folder and nothing on the way is hidden, wherever a link may have led."""
    below = os.path.join(folder, "")
    return real.startswith(below) and not any(part.startswith(".") for part in real[len(below) :].split(os.sep))


def hashed_name(name: str, digest: str) -> str:
    """`css/app.css` and `3f9a1c…` make `css/app.3f9a1c….css`."""
    folder, slash, last = name.rpartition("/")
    stem, dot, ending = last.rpartition(".")
    return f"{folder}{slash}{stem}.{digest}.{ending}" if dot else f"{folder}{slash}{last}.{digest}"


def split_hashed(name: str) -> tuple[str, str] | None:
    """The plain name and the digest of a name that `hashed_name` may have made."""
    match = _HASHED.fullmatch(name)
    return (match[1] + (match[3] or ""), match[2]) if match else None
