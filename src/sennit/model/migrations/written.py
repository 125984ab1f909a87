"""The text of a migration file."""

import re
from pathlib import Path
from textwrap import indent

from .difference import Difference
from .folder import Folder, Migration

_IMPORTS = "import sqlalchemy as sa\nfrom alembic import op\n"


def write(folder: Folder, migrations: list[Migration], message: str, found: Difference) -> Path:
    """A new file at the end of the folder; its path."""
    revision = f"{folder.next_number():04}_{slug(message)}"
    folder.path.mkdir(exist_ok=True)
    file = folder.path / f"{revision}.py"
    # "x": never over a file that somebody has made in the meantime.
    with file.open("x", encoding="utf-8") as opened:
        opened.write(_text(revision, migrations[-1].revision if migrations else None, message, found))
    return file


def slug(message: str) -> str:
    """`Add notes to stories` -> `add_notes_to_stories`."""
    return re.sub(r"\W+", "_", message.lower()).strip("_")[:60].strip("_") or "change"


def _text(revision: str, before: str | None, message: str, found: Difference) -> str:
    said = message.replace("\\", " ").replace('"', "'")
    dialects = [name for name in ("postgresql", "mysql", "sqlite") if f"{name}." in found.upgrade + found.downgrade]
    more = f"from sqlalchemy.dialects import {', '.join(dialects)}\n" if dialects else ""
    return (
        f'"""{said}"""\n\n{_IMPORTS}{more}\n'
        f"revision = {_quoted(revision)}\ndown_revision = {_quoted(before)}\n\n\n"
        f"def upgrade() -> None:\n{indent(found.upgrade or 'pass', '    ')}\n\n\n"
        f"def downgrade() -> None:\n{indent(found.downgrade or 'pass', '    ')}\n"
    )


def _quoted(text: str | None) -> str:
    return "None" if text is None else f'"{text}"'
