"""Folders of static files (threat R42): traversal impossible by construction, nothing hidden is served, no listing."""

import os
from pathlib import Path

from ..errors import NotFound
from .file_response import FileResponse

ONE_YEAR = "public, max-age=31536000, immutable"


class StaticFolder:
    """Serves the files below a folder; links that lead out of it are not found."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))

    def respond(self, name: str) -> FileResponse:
        """name: decoded, relative, slashes between parts. Raises NotFound for whatever is not a plain file below the folder."""
        path = Path(os.path.realpath(self.folder / self._checked(name)))
        if not path.is_relative_to(self.folder) or not path.is_file():
            raise NotFound
        return FileResponse(path)

    def _checked(self, name: str) -> str:
        for part in name.split("/"):
            if not part or part.startswith(".") or part.endswith((".", " ")) or any(c in part for c in "\0\\:"):
                raise NotFound
        return name
