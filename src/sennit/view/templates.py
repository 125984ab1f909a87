"""The templates of an application: found, compiled once, rendered; mistakes in them told with file, line and fix."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    select_autoescape,
)

from ..errors import SennitError, did_you_mean
from .environment import TemplateEnvironment
from .filters import format_date, time_ago
from .undefined import Missing, MissingAttribute, MissingName

PLAIN = ("txt", "text", "md")
"""Endings of templates that are not markup and are not escaped."""


class Templates:
    """Jinja2 templates from folders, the first that has a name wins; everything is escaped except `.txt` and `.md`.

    globals: names that every template may use (`url_for`, `static`). reload: look at the files again when they change.
    """

    def __init__(
        self,
        folders: Sequence[str | Path],
        globals: Mapping[str, Any] | None = None,
        *,
        reload: bool = False,
    ) -> None:
        self.folders = [Path(folder) for folder in folders]
        self.environment = TemplateEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in self.folders]),
            autoescape=select_autoescape((), PLAIN, default_for_string=True, default=True),
            undefined=Missing,
            auto_reload=reload,
        )
        self.environment.filters.update(date=format_date, ago=time_ago)
        self.environment.globals.update(globals or {})

    def get(self, name: str) -> Template:
        """The compiled template. Raises SennitError when there is none of that name or it does not compile."""
        with self.explained({}):
            return self.environment.get_template(name)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The template's text for some values. Raises SennitError for what is missing, in the template or beside it."""
        template = self.get(name)
        with self.explained(values):
            return template.render(values)

    @contextmanager
    def explained(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Turns the errors of Jinja2 inside the block into coded ones; `values` are what the template was given."""
        try:
            yield
        except TemplateNotFound as error:
            raise self._not_found(error) from error
        except TemplateSyntaxError as error:
            raise _syntax(error) from error
        except UndefinedError as error:
            raise self._undefined(error, values) from error

    def _not_found(self, error: TemplateNotFound) -> SennitError:
        name = str(error.name)
        known = self.environment.list_templates()
        folders = ", ".join(str(folder) for folder in self.folders) or "no folder at all"
        return SennitError(
            code="view.E001",
            what=f"there is no template {name!r}.{did_you_mean(name, known)}",
            where=f"looked in {folders}",
            fix=f"create {self.folders[0] / name}" if self.folders else "give App a templates folder",
        )

    def _undefined(self, error: UndefinedError, values: Mapping[str, Any]) -> SennitError:
        where = template_line(error.__traceback__)
        if isinstance(error, MissingName):
            known = [name for name in (*values, *self.environment.globals) if not name.startswith("_")]
            return SennitError(
                code="view.E003",
                what=f"the template uses {error.name!r}, which it was not given.{did_you_mean(error.name, known)}",
                where=where,
                fix=f"return {error.name!r} from the view, or write {{{{ {error.name}|default('') }}}} if it may be missing",
            )
        if isinstance(error, MissingAttribute):
            return _missing_attribute(error, where)
        return SennitError(code="view.E004", what=str(error), where=where, fix="use a value that exists")


def _missing_attribute(error: MissingAttribute, where: str) -> SennitError:
    owner = error.owner
    known = list(owner) if isinstance(owner, Mapping) else [name for name in dir(owner) if not name.startswith("_")]
    kind = type(owner).__name__
    return SennitError(
        code="view.E004",
        what=f"the template uses .{error.name} of a {kind}, which has none."
        f"{did_you_mean(error.name, [str(name) for name in known])}",
        where=where,
        fix=f"use an attribute that {kind} has, or |default('') if it may be missing",
    )


def _syntax(error: TemplateSyntaxError) -> SennitError:
    return SennitError(
        code="view.E002",
        what=f"the template does not compile: {error.message}",
        where=f"{error.filename or error.name or 'template'}:{error.lineno}",
        fix="mend that line; every tag needs its end tag",
    )


def template_line(traceback: TracebackType | None) -> str:
    """`file:line` of the innermost template frame of a traceback that Jinja2 has rewritten; empty without one."""
    place = ""
    while traceback is not None:
        if "__jinja_exception__" in traceback.tb_frame.f_globals:  # set in every frame that Jinja2 fakes
            place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
