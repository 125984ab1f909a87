"""The tag `{% live %}`: its three forms, compiled to a Jinja2 block of their own.

    {% live %}…{% endlive %}                                     text: sent whole, morphed by the browser
    {% live for x in rows key x.id [hold] %}…{% else %}…{% endlive %}   rows: only the rows that differ are sent
    {% live json rows key id fields at, celsius %}               data for a custom element

Being a block, a region can be rendered alone. Where the page stands it, the page asks `_live_page` for the region's
text; without that (a page that is not live) the block is rendered in place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from .digest import digest

Kind = Literal["text", "rows", "json"]


@dataclass(frozen=True, slots=True)
class Tag:
    """What one tag says about its region, before the rest of its template is known."""

    number: int
    line: int
    kind: Kind
    hold: bool = False
    key: str = ""
    fields: tuple[str, ...] = ()


class DataRow(NamedTuple):
    """One row of a JSON region: its key as text and its fields as JSON text."""

    key: str
    text: str


class LiveTag(Extension):
    """Parses the tag; `catalog` looks at the whole template afterwards."""

    tags = {"live"}  # noqa: RUF012 - as Jinja2 declares it

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        environment.globals.update(_live_page=None, _live_row=_no_row, _live_json=data_block)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        number = parser.__dict__.setdefault("live_regions", 0) + 1
        parser.__dict__["live_regions"] = number
        if parser.stream.skip_if("name:for"):
            tag, body = _parse_rows(parser, number, line)
        elif parser.stream.skip_if("name:json"):
            tag, body = _parse_json(parser, number, line)
        else:
            tag, body = Tag(number, line, "text"), parser.parse_statements(("name:endlive",), drop_needle=True)
        return _region(block_name(parser.name, number), tag, body, line)


def block_name(template: str | None, number: int) -> str:
    """Unique over all templates, so that a page and the template it extends never override each other's regions."""
    return f"live_{digest(template or '')}_{number}"


def _parse_rows(parser: Parser, number: int, line: int) -> tuple[Tag, list[nodes.Node]]:
    target = parser.parse_assign_target(extra_end_rules=("name:in",))
    parser.stream.expect("name:in")
    rows = parser.parse_expression()
    parser.stream.expect("name:key")
    key = parser.parse_expression()
    hold = parser.stream.skip_if("name:hold")
    body = parser.parse_statements(("name:else", "name:endlive"))
    otherwise: list[nodes.Node] = []
    if next(parser.stream).value == "else":
        otherwise = parser.parse_statements(("name:endlive",), drop_needle=True)
    starts = _call("_live_row", key, line)
    if otherwise:
        otherwise = [_call("_live_row", nodes.Const(None, lineno=line), line), *otherwise]
    loop = nodes.For(target, rows, [starts, *body], otherwise, None, False, lineno=line)
    return Tag(number, line, "rows", hold=hold), [loop]


def _call(name: str, argument: nodes.Expr, line: int) -> nodes.ExprStmt:
    call = nodes.Call(nodes.Name(name, "load"), [argument], [], None, None)
    return nodes.ExprStmt(call, lineno=line)


def _parse_json(parser: Parser, number: int, line: int) -> tuple[Tag, list[nodes.Node]]:
    rows = parser.parse_expression()
    parser.stream.expect("name:key")
    key = _dotted(parser)
    parser.stream.expect("name:fields")
    fields = [_dotted(parser)]
    while parser.stream.skip_if("comma"):
        fields.append(_dotted(parser))
    arguments: list[nodes.Expr] = [rows, nodes.Const(key), nodes.Const(tuple(fields))]
    call = nodes.Call(nodes.Name("_live_json", "load"), arguments, [], None, None)
    return Tag(number, line, "json", key=key, fields=tuple(fields)), [nodes.Output([call], lineno=line)]


def _dotted(parser: Parser) -> str:
    name = str(parser.stream.expect("name").value)
    while parser.stream.skip_if("dot"):
        name += "." + str(parser.stream.expect("name").value)
    return name


def _region(name: str, tag: Tag, body: list[nodes.Node], line: int) -> nodes.Node:
    block = nodes.Block(name, body, False, False, lineno=line)
    block.live_tag = tag  # type: ignore[attr-defined]
    page = nodes.Call(nodes.Name("_live_page", "load"), [nodes.Const(name)], [], None, None)
    return nodes.If(nodes.Name("_live_page", "load"), [nodes.Output([page], lineno=line)], [], [block], lineno=line)


def _no_row(key: object) -> str:
    """`_live_row` where rows are not told apart: a page that is not live."""
    return ""


def json_rows(
    rows: Sequence[Any], key: str, fields: Sequence[str], value_of: Callable[[Any, str], Any]
) -> list[DataRow]:
    """The rows of a JSON region; `value_of` reads a dotted name."""
    return [
        DataRow(
            str(value_of(row, key)), msgspec.json.encode({f: value_of(row, f) for f in fields}, enc_hook=str).decode()
        )
        for row in rows
    ]


def data_block(rows: Sequence[Any], key: str, fields: Sequence[str]) -> Markup:
    """The data of a JSON region as the page carries it: a script element that no browser runs."""
    return data_markup(json_rows(rows, key, fields, dotted_value))


def data_text(rows: Sequence[tuple[str, str]]) -> str:
    """JSON: an array of [key, row]."""
    return "[" + ",".join(f"[{msgspec.json.encode(key).decode()},{text}]" for key, text in rows) + "]"


def data_markup(rows: Sequence[tuple[str, str]]) -> Markup:
    # `<` would end the element or open a comment in it (HTML §4.12.1.3); in JSON it only stands inside strings.
    text = data_text(rows).replace("<", "\\u003c")
    return Markup('<script type="application/json">{}</script>').format(Markup(text))


def dotted_value(row: Any, name: str) -> Any:
    """`row.a.b`, items of mappings included. Raises AttributeError or KeyError."""
    for part in name.split("."):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row
