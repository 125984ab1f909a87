"""Who may import whom. This table is the architecture's only authority; ARCHITECTURE.md prints it."""

import re
from pathlib import Path

import pytest

from package_source import ROOT, SENNIT, absolute, dotted, floor, imports, modules

EVERYBODY = {"errors", "flag"}
STRANDS = {
    "net", "protocols", "http", "server", "client", "web", "model", "view", "live", "bus", "auth", "admin",
    "tasks", "cache", "storage", "mail", "debug", "compat", "supervisor",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "flag": set(),  # of the compiled files alone: a type
    "net": set(),
    "protocols": set(),
    "http": set(),
    "server": {"net", "protocols", "http"},
    "client": {"net", "protocols", "http"},
    "web": {"http"},
    "storage": {"net", "client"},
    "mail": {"net", "client"},
    "bus": {"net", "client"},
    "cache": {"net", "client", "bus"},
    "view": set(),
    "model": {"storage"},
    "auth": {"web", "model", "view", "mail"},
    "tasks": {"model", "bus"},
    "live": {"web", "view", "model", "bus", "http", "auth"},
    "admin": {"live", "auth", "web", "model", "view"},
    "debug": {"web", "view", "model"},
    "compat": {"http", "web", "net"},
    "supervisor": {"bus", "net"},
    "app": STRANDS,
    "ftp": STRANDS,
    "": STRANDS | {"app", "ftp"},  # the package's own __init__.py: public names, lazily imported
    "cli": STRANDS | {"app", "ftp", "testing", ""},
    "testing": STRANDS | {"app", "ftp", "cli", ""},
    "__main__": {"cli"},
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "contrib", "misc", "base_utils"}


def test_imports_point_down() -> None:
    wrong = [str(each) for each in imports() if not may_import(floor(dotted(each.file)), floor(each.module))]
    assert not wrong, "these imports point up or sideways:\n  " + "\n  ".join(wrong)


def may_import(importer: str, imported: str) -> bool:
    return imported == importer or imported in EVERYBODY or imported in MAY_IMPORT.get(importer, set())


def test_every_folder_has_its_place_in_the_table() -> None:
    unknown = {floor(dotted(path)) for path in modules()} - MAY_IMPORT.keys()
    assert not unknown, f"not in the table of tests/test_layers.py: {sorted(unknown)}"


def test_the_table_has_no_cycle() -> None:
    below: set[str] = set()
    left = dict(MAY_IMPORT)
    while ready := [name for name, needs in left.items() if needs <= below]:
        below.update(ready)
        for name in ready:
            del left[name]
    # `cli` and `testing` may import anything, each other too; nothing imports them.
    assert left.keys() <= {"cli", "testing", "__main__"}


def test_nothing_is_named_for_not_knowing_where_it_belongs() -> None:
    wrong = [str(path.relative_to(ROOT)) for path in modules() if BANNED_NAMES & set(path.with_suffix("").parts)]
    assert not wrong, f"name these for the concept they hold: {wrong}"


def test_wire_formats_have_no_sockets_clocks_or_coroutines() -> None:
    banned = re.compile(
        r"^\s*(?:async def |(?:from|import) (?:asyncio|socket|time|threading|logging|select)\b)|\bawait "
    )
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (SENNIT / "protocols").rglob("*.py*")
        if path.suffix in {".py", ".pyx"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if banned.search(line.split("#")[0])
    ]
    assert not wrong, f"protocols/ is bytes in, events out: {wrong}"


def test_the_architecture_document_prints_this_table() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    printed = {
        name: set(re.findall(r"`(\w+)`", row[2]))
        for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|$", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row[0])
        for row in [(None, None, row[1])]
    }
    table = {name: needs for name, needs in MAY_IMPORT.items() if name in STRANDS | EVERYBODY}
    assert printed == table


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        ("web/request.py", "..http.fields", "sennit.http.fields"),
        ("web/request.py", ".route", "sennit.web.route"),
        ("web/__init__.py", ".route", "sennit.web.route"),
        ("protocols/http1/__init__.py", "..errors", "sennit.protocols.errors"),
        ("protocols/http1/request_head.py", "...errors", "sennit.errors"),
        ("__init__.py", ".app", "sennit.app"),
    ],
)
def test_relative_names_are_resolved_as_the_import_system_does(file: str, name: str, expected: str) -> None:
    assert absolute(SENNIT / Path(file), name) == expected
