"""Making and changing rows: every wrong field at once, and nobody's change overwritten without being asked."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..auth import Account
from ..errors import Conflict, NotFound
from ..model import Database
from ..model.rows import key_of
from ..view import Templates
from ..web import QueryParams, Request, Response, Router, redirect
from .account_form import check_account, keep_way_in, take_password
from .editing import Edit, opened_text, read_changes, read_new, version_text
from .form_field import FormField
from .form_page import show_new, show_row, show_sent, texts_of
from .inline_rows import Sent, inline_parts
from .listing import Listing
from .offer import referred
from .registration import Registration
from .row_key import key_text, key_value
from .wording import label_of

if TYPE_CHECKING:
    from .console import Admin


class Forms:
    """The pages of one model's rows."""

    def __init__(self, admin: "Admin", entry: Registration) -> None:
        self.admin = admin
        self.entry = entry

    @property
    def is_account(self) -> bool:
        return issubclass(self.entry.model, Account)

    # -- a new row ---------------------------------------------------------------------------------------------------

    async def blank(self, request: Request, db: Database, templates: Templates, user: Account) -> Response:
        """An empty form; the address may say what some fields begin with."""
        given = {name: value for name, value in request.query.items() if name in _names(self.entry.fields)}
        shown = await show_new(db, self.entry.fields, given)
        return self._render(templates, user, request, {"form": shown})

    async def create(self, request: Request, db: Database, templates: Templates, user: Account) -> Any:
        """303 to the list, to the row, or to another empty form, as the pressed button says. 422 and 409 show what is wrong."""
        form, fields = await request.form(), self.entry.fields
        edit = read_new(fields, form)
        await self._check(db, fields, edit, None)
        if edit.is_good:
            await take_password(edit.values, self.admin.passwords)
            row = self.entry.model(**edit.values)
            if await stored(db, edit, fields, row):
                return self._onwards(form, row)
        shown = await show_sent(db, fields, form, edit)
        return self._render(templates, user, request, {"form": shown}, _status(edit))

    # -- a row that exists -------------------------------------------------------------------------------------------

    async def show(self, request: Request, db: Database, templates: Templates, user: Account, key: str) -> Response:
        row = await self._row(db, key)
        values = await self._around(db, row, None)
        values["form"] = await show_row(db, self.entry.fields, row)
        return self._render(templates, user, request, {**values, "is_saved": "saved" in request.query})

    async def change(self, request: Request, db: Database, templates: Templates, user: Account, key: str) -> Any:
        """303 as for a new row. 409 with both values where somebody else changed the same; 422 for what is wrong."""
        form, fields = await request.form(), self.entry.fields
        row = await self._row(db, key, lock=True)
        edit = read_changes(fields, form, row)
        await self._check(db, fields, edit, row)
        keep_way_in(edit, row, user)
        texts, values = texts_of(fields, row), await self._around(db, row, None)
        if edit.is_good:
            await take_password(edit.values, self.admin.passwords)
            if await stored(db, edit, fields, row):
                return self._onwards(form, row)
        values["form"] = await show_sent(db, fields, form, edit, stored=texts)
        return self._render(templates, user, request, values, _status(edit))

    async def add_inline(
        self, request: Request, db: Database, templates: Templates, user: Account, key: str, inline: str
    ) -> Any:
        """A new row of another model that refers to this one; 303 back to the page."""
        part = next((one for one in self.entry.inlines if one.slug == inline), None)
        if part is None:
            raise NotFound
        form, row = await request.form(), await self._row(db, key)
        edit = read_new(part.fields, form, part.prefix)
        await self._check(db, part.fields, edit, None)
        (parent,) = key_of(row)
        values = await self._around(db, row, (part, form, edit))
        values["form"] = await show_row(db, self.entry.fields, row)
        if edit.is_good:
            address = self.admin.row_address(row)
            if await stored(db, edit, part.fields, part.model(**{**edit.values, part.reference: parent})):
                return redirect(f"{address}#{part.slug}")
            values["inlines"] = await inline_parts(db, self.entry, parent, (part, form, edit))
        return self._render(templates, user, request, values, _status(edit))

    # -- in common ---------------------------------------------------------------------------------------------------

    async def _row(self, db: Database, key: str, *, lock: bool = False) -> Any:
        return await db.get(self.entry.model, key_value(self.entry.model, key), lock=lock)

    async def _check(self, db: Database, fields: tuple[FormField, ...], edit: Edit, row: Any) -> None:
        """References point to something; accounts have names and passwords that they may have."""
        for each in fields:
            value = edit.values.get(each.name)
            if each.target is None or value is None:
                continue
            if await referred(db, each, each.kind.text(value)) is None:
                edit.errors[each.name] = "is not there (any more)"
        if self.is_account and fields is self.entry.fields:
            check_account(edit, row)

    async def _around(self, db: Database, row: Any, sent: Sent | None) -> dict[str, Any]:
        """What the page of a row shows beside its form, read while the row can be read."""
        fields = self.entry.fields
        return {
            "key": key_text(row),
            "label": label_of(row),
            "opened": opened_text(fields, row),
            "version": version_text(row),
            "inlines": await inline_parts(db, self.entry, key_of(row)[0], sent) if self.entry.inlines else [],
        }

    def _onwards(self, form: QueryParams, row: Any) -> Response:
        """Where the pressed button leads."""
        wish = form.get("_then", "")
        if wish == "stay":
            return redirect(f"{self.admin.row_address(row)}?saved=1")
        if wish == "another":
            return redirect(self.admin.address(self.entry, "new"))
        query = Listing.from_query(self.entry, form.get("_from", "")).address()
        return redirect(f"{self.admin.address(self.entry)}{'?' if query else ''}{query}#row-{key_text(row)}")

    def _render(
        self, templates: Templates, user: Account, request: Request, values: dict[str, Any], status: int = 200
    ) -> Response:
        """from: the part of the list's address that the page leads back to, cleaned of everything undeclared."""
        back = Listing.from_query(self.entry, request.query.get("from", "")).address()
        known = {
            "entry": self.entry,
            "user": user,
            "request": request,
            "back": back,
            "from_back": f"?{urlencode({'from': back})}" if back else "",
            "key": "",
            "label": "",
            "opened": "",
            "version": "",
            "inlines": [],
            "is_saved": False,
        }
        return Response(templates.render("admin/form.html", {**known, **values}), status)


def declare_forms(router: Router, admin: "Admin", entry: Registration) -> None:
    """The pages of a model's rows, below its list."""
    forms = Forms(admin, entry)
    router.get("/new", name="new")(forms.blank)
    router.post("/new", name="new.do")(forms.create)
    router.get("/{key}", name="row")(forms.show)
    router.post("/{key}", name="row.do")(forms.change)
    router.post("/{key}/add/{inline}", name="inline")(forms.add_inline)


async def stored(db: Database, edit: Edit, fields: tuple[FormField, ...], row: Any) -> bool:
    """Whether the database took the row with its values; what it refuses is written beside the fields that it names."""
    try:
        async with db.transaction():
            for name, value in edit.values.items():
                setattr(row, name, value)
            db.add(row)
    except Conflict as conflict:
        names = _names(fields)
        for error in conflict.errors:
            name = error["field"] if error["field"] in names else error["field"].removesuffix("_key")
            edit.errors[name if name in names else ""] = error["message"]
        edit.errors = edit.errors or {"": conflict.detail}
        edit.is_refused = True
        return False
    return True


def _names(fields: tuple[FormField, ...]) -> frozenset[str]:
    return frozenset(each.name for each in fields)


def _status(edit: Edit) -> int:
    return 409 if edit.theirs or edit.is_refused else 422
