"""An answer as a test reads it: status, fields, text, JSON, and the forms of a page."""

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

import msgspec

from ..http.fields import Fields
from ..http.media_type import essence, parameter


@dataclass(slots=True)
class PageForm:
    """A form of a page: where it goes, and what it would send as it stands."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)


class Page:
    """What a request brought. `forms` are by their action."""

    def __init__(self, status: int, headers: Fields, body: bytes, url: str, *, is_cut: bool = False) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
        self.is_cut = is_cut

    @cached_property
    def text(self) -> str:
        return self.body.decode(parameter(self.headers.get("content-type", ""), "charset") or "utf-8")

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def media_type(self) -> str:
        return essence(self.headers.get("content-type", ""))

    @cached_property
    def forms(self) -> dict[str, PageForm]:
        reader = _FormReader()
        reader.feed(self.text)
        return reader.forms

    def __repr__(self) -> str:
        return f"Page({self.status}, {self.url!r}, {len(self.body)} bytes)"


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, PageForm] = {}
        self._form: PageForm | None = None
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(values.get("method", "get").upper(), values.get("action", ""))
            self.forms.setdefault(self._form.action, self._form)
        elif self._form is not None:
            self._read_field(tag, values)

    def _read_field(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "textarea":
            self._textarea = name
            self._set(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in values or (self._form is not None and self._select not in self._form.values):
                self._set(self._select, values.get("value", ""))
        elif tag == "input" and (
            values.get("type") not in ("checkbox", "radio", "submit", "file") or "checked" in values
        ):
            self._set(name, values.get("value", "on" if values.get("type") == "checkbox" else ""))

    def _set(self, name: str, value: str) -> None:
        if name and self._form is not None:
            self._form.values[name] = value

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None
