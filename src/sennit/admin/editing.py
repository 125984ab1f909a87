"""Creating, changing and deleting a row: every wrong field at once, and nobody's change overwritten in silence."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect as sa_inspect

from ..errors import Conflict, NotFound
from ..model import Database
from ..view import Templates
from ..web import Redirect, Request, Response, Router, redirect
from ..web.form import FormData
from .fields import Field
from .registration import MOST_CHOICES, Registration

if TYPE_CHECKING:
    from .console import Admin

WAS = "was."
"""Before a field's name: the text that the form was opened with."""
MOST_INLINES = 50


class Editing:
    """The forms of one model."""

    def __init__(self, admin: "Admin", entry: Registration) -> None:
        self.admin = admin
        self.entry = entry

    def declare(self, router: Router) -> None:
        path = f"/{self.entry.path}"
        name = self.entry.path
        router.get(f"{path}/new", name=f"{name}.new")(self.new)
        router.post(f"{path}/new", name=f"{name}.create")(self.create)
        router.get(f"{path}/{{key}}", name=f"{name}.edit")(self.edit)
        router.post(f"{path}/{{key}}", name=f"{name}.change")(self.change)
        router.get(f"{path}/{{key}}/delete", name=f"{name}.ask")(self.ask)
        router.post(f"{path}/{{key}}/delete", name=f"{name}.delete")(self.delete)

    @property
    def list_path(self) -> str:
        return f"{self.admin.prefix}/{self.entry.path}/"

    # -- pages ---------------------------------------------------------------------------------------------------

    async def new(self, db: Database, templates: Templates) -> Response:
        return await self._form(db, templates, None, {field.name: "" for field in self.entry.fields}, {})

    async def edit(self, db: Database, templates: Templates, key: str) -> Response:
        row = await self._row(db, key)
        return await self._form(db, templates, row, self._texts(row), {})

    async def ask(self, db: Database, templates: Templates, key: str) -> Response:
        row = await self._row(db, key)
        values = {"row": row, "goes_too": await self._goes_too(db, row)}
        return Response(templates.render("admin/delete.html", self._common() | values))

    # -- changes -------------------------------------------------------------------------------------------------

    async def create(self, db: Database, templates: Templates, request: Request) -> Response | Redirect:
        form = await request.form()
        values, errors = self._parsed(form)
        if not errors:
            row = self.entry.model(**values)
            db.add(row)
            errors = await self._flushed(db)
            if not errors:
                return redirect(self.list_path)
        return await self._form(db, templates, None, self._sent(form), errors, status=422)

    async def change(self, db: Database, templates: Templates, request: Request, key: str) -> Response | Redirect:
        row = await self._row(db, key)
        form = await request.form()
        values, errors = self._parsed(form)
        now = self._texts(row)
        stale = self._stale(form, now)
        if not errors and not stale:
            for name, value in values.items():
                # A text left as it was is no change: a form shows whole seconds, the row may hold more.
                if not _same(form.get(name, ""), now[name]):
                    setattr(row, name, value)
            errors = await self._flushed(db)
            if not errors:
                return redirect(self.list_path)
        status = 409 if stale else 422
        return await self._form(db, templates, row, self._sent(form), errors, stale=stale, now=now, status=status)

    async def delete(self, db: Database, templates: Templates, key: str) -> Response | Redirect:
        row = await self._row(db, key)
        await db.delete(row)
        errors = await self._flushed(db)
        if errors:
            values = {"row": row, "goes_too": [], "refused": errors[""]}
            return Response(templates.render("admin/delete.html", self._common() | values), 409)
        return redirect(self.list_path)

    # -- between forms and rows ----------------------------------------------------------------------------------

    async def _row(self, db: Database, key: str) -> Any:
        """Raises NotFound for a key that is none."""
        column = self.entry.mapper.primary_key[0]
        try:
            value = column.type.python_type(key)
        except (ValueError, TypeError):
            raise NotFound(detail=f"There is no {self.entry.title.lower()} {key[:40]!r}.") from None
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise NotFound(detail=f"There is no {self.entry.title.lower()} {key[:40]!r}.")
        return await db.get(self.entry.model, value)

    def _texts(self, row: Any) -> dict[str, str]:
        return {field.name: field.text(getattr(row, field.name)) for field in self.entry.fields}

    def _sent(self, form: FormData) -> dict[str, str]:
        return {field.name: form.get(field.name, "") for field in self.entry.fields}

    def _parsed(self, form: FormData) -> tuple[dict[str, Any], dict[str, str]]:
        """Values of the declared fields only, and what is wrong by field. An empty field with a default takes the default."""
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for field in self.entry.fields:
            text = form.get(field.name, "")
            if not text.strip() and field.has_default and not field.is_optional and field.kind not in (bool, str):
                continue
            values[field.name], wrong = field.parse(text)
            if wrong:
                errors[field.name] = wrong
        return values, errors

    def _stale(self, form: FormData, now: dict[str, str]) -> list[str]:
        """Fields that somebody else has changed since the form was opened, and that this form would set otherwise."""
        stale: list[str] = []
        for field in self.entry.fields:
            was, sent = form.get(WAS + field.name), form.get(field.name, "")
            if was is not None and not _same(was, now[field.name]) and not _same(sent, now[field.name]):
                stale.append(field.name)
        return stale

    async def _flushed(self, db: Database) -> dict[str, str]:
        try:
            await db.flush()
        except Conflict as conflict:
            return {"": conflict.detail or "Another row stands against it."}
        return {}

    # -- rendering -----------------------------------------------------------------------------------------------

    def _common(self) -> dict[str, Any]:
        return {"admin": self.admin, "entry": self.entry, "base": self.list_path}

    async def _form(
        self,
        db: Database,
        templates: Templates,
        row: Any,
        texts: dict[str, str],
        errors: dict[str, str],
        *,
        stale: list[str] | None = None,
        now: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        values = {
            "row": row,
            "texts": texts,
            "opened": now if now is not None else texts,
            "errors": errors,
            "stale": stale or [],
            "now": now or {},
            "references": {f.name: await self._choices(db, f) for f in self.entry.fields if f.target is not None},
            "inlines": await self._inlines(db, row),
        }
        return Response(templates.render("admin/form.html", self._common() | values), status)

    async def _choices(self, db: Database, field: Field) -> list[tuple[str, str]] | None:
        """Keys and labels of what a foreign key may refer to; None when they are too many for a select."""
        target = next(
            (e for e in self.admin.registrations.values() if e.mapper.local_table is field.target.table), None
        )
        if target is None:
            return None
        rows = await db.all(target.model.all().limit(MOST_CHOICES + 1))
        if len(rows) > MOST_CHOICES:
            return None
        return [(str(target.key_of(row)), target.label_of(row)) for row in rows]

    async def _inlines(self, db: Database, row: Any) -> list[tuple[Registration, list[Any]]]:
        if row is None:
            return []
        found = []
        for model in self.entry.inlines:
            entry = self.admin.registrations[model]
            condition = self._refers(entry, row)
            if condition is not None:
                query = model.where(condition).order_by(getattr(model, entry.key_name).desc()).limit(MOST_INLINES)
                found.append((entry, await db.all(query.load(*entry.relations) if entry.relations else query)))
        return found

    def _refers(self, entry: Registration, row: Any) -> Any:
        """The condition under which a row of another model refers to this one; None when it cannot."""
        for field in entry.fields:
            if field.target is not None and field.target.table is self.entry.mapper.local_table:
                key = self.entry.mapper.get_property_by_column(field.target).key
                return getattr(entry.model, field.name) == getattr(row, key)
        return None

    async def _goes_too(self, db: Database, row: Any) -> list[tuple[str, int]]:
        """What the database deletes along: titles and numbers."""
        gone: list[tuple[str, int]] = []
        for entry in self.admin.registrations.values():
            cascades = any(
                key.ondelete == "CASCADE" and key.column.table is self.entry.mapper.local_table
                for column in sa_inspect(entry.model).local_table.columns
                for key in column.foreign_keys
            )
            condition = self._refers(entry, row) if cascades else None
            if condition is not None and (number := await db.scalar(entry.model.where(condition).count())):
                gone.append((entry.title.lower() if number == 1 else entry.plural.lower(), number))
        return gone


def _same(one: str, other: str) -> bool:
    """A form sends line breaks as CR LF, whatever it was given (HTML standard, form submission)."""
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
