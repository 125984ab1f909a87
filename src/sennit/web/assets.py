"""Addresses of static files: with a digest of their content, so that clients may keep them for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..errors import NotFound, SennitError, did_you_mean
from .response import Response
from .router import Router
from .rule import Rule
from .static import StaticFolder
from .static_name import is_plain_name

MOST_NAMES = 1000
"""Names looked at for a suggestion in an error."""


@dataclass(frozen=True, slots=True)
class StaticMount:
    """`app.static(path, folder, …)`: the files below `folder` answer below `path`."""

    path: str
    folder: str | Path
    index: str = ""
    access: Rule | None = None


class Assets:
    """The static folders of an app, in the order in which they were declared. Relative folders start at `root`."""

    def __init__(self, mounts: Sequence[StaticMount], root: Path) -> None:
        self._mounts = [(mount, StaticFolder(root / mount.folder, index=mount.index)) for mount in mounts]

    def mistakes(self) -> list[SennitError]:
        """Folders that are not there."""
        return [
            SennitError(
                code="web.E041",
                what=f"the static folder {mount.folder!s} is not there",
                where=f"static files at {mount.path!r}: {files.folder}",
                fix="create the folder, or take the entry out of App(static={...})",
            )
            for mount, files in self._mounts
            if not Path(files.folder).is_dir()
        ]

    def routers(self) -> list[Router]:
        return [static_router(mount, files) for mount, files in self._mounts]

    def url(self, name: str) -> str:
        """`/static/app.3f9a1c….css` for `app.css`, from the first folder that has it. Raises SennitError web.E040."""
        for mount, files in self._mounts:
            try:
                return quote(f"{mount.path.rstrip('/')}/{files.hashed_name(name)}", safe="/")
            except NotFound:
                continue
        raise self._no_such_file(name)

    def _no_such_file(self, name: str) -> SennitError:
        folders = [files.folder for _, files in self._mounts]
        return SennitError(
            code="web.E040",
            what=f"there is no static file {name!r}.{did_you_mean(name, self._names())}",
            where=f"looked in {', '.join(folders)}" if folders else "the app has no static folder",
            fix='name a file as it lies below a folder of App(static={"/static": "static/"}), without a slash in front',
        )

    def _names(self) -> list[str]:
        found: list[str] = []
        for _, files in self._mounts:
            for path in Path(files.folder).rglob("*"):
                name = path.relative_to(files.folder).as_posix()
                if is_plain_name(name):
                    found.append(name)
                if len(found) == MOST_NAMES:
                    return found
        return found


def static_router(mount: StaticMount, files: StaticFolder) -> Router:
    """Answers GET and HEAD below the mount's path."""
    name = f"static{mount.path.replace('/', '.')}".rstrip(".")
    router = Router(mount.path.rstrip("/"), name=name, access=mount.access)

    @router.get("/{file:path}", name="file", inline=True)
    def serve(file: str) -> Response:
        response = files.respond(file)
        response.is_for_everybody = mount.access is None
        return response

    if files.index:

        @router.get("/", name="index", inline=True)
        def serve_index() -> Response:
            return files.respond("")

    return router
