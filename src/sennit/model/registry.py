"""Where models register: one registry for each top-level package or single file.

Two programs imported into one process (a test-suite that imports `todo.py` and `orders.py`) must not clash, so each
has a registry, and with it a MetaData, of its own. A strand of sennit itself (`sennit.auth`) counts as one program.
"""

import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

from sqlalchemy import MetaData, event
from sqlalchemy.orm import registry

from .structs import struct_type
from .types import TYPE_MAP

# Every constraint has a name: SQLite's batch migrations and the messages for conflicts need one.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Program:
    """The models of one top-level package or file. `name` is that of the package or file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.metadata = MetaData(naming_convention=NAMING_CONVENTION)
        self.registry = registry(metadata=self.metadata, type_annotation_map=dict(TYPE_MAP))
        event.listen(self.registry, "resolve_type_annotation", struct_type)
        self.models: dict[str, type] = {}

    @property
    def is_strand(self) -> bool:
        """True for the tables of sennit itself, which exist only where their strand is switched on."""
        return self.name.startswith("sennit.")


class _Programs:
    """The programs known to this process, by name. Asking is the only way to make one."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[weakref.ref[ModuleType] | None, Program]] = {}

    def of_module(self, module_name: str) -> Program:
        """The program that a module belongs to. A module that was imported anew starts with an empty one."""
        name = program_name(module_name)
        module = sys.modules.get(name)
        known = self._by_name.get(name)
        if known is not None and (known[0]() if known[0] is not None else None) is module:
            return known[1]
        program = Program(name)
        self._by_name[name] = (weakref.ref(module) if module is not None else None, program)
        return program

    def replace(self, program: Program) -> Program:
        """An empty program in place of one: a class statement ran a second time, inside a function."""
        fresh = Program(program.name)
        self._by_name[program.name] = (self._by_name[program.name][0], fresh)
        return fresh

    def __iter__(self) -> Iterator[Program]:
        return iter([program for _, program in self._by_name.values()])


programs = _Programs()


def program_name(module_name: str) -> str:
    """`shop.models.order` -> `shop`; `sennit.auth.user` -> `sennit.auth`; `tests.shop.test_order` -> itself where
    `tests` is a folder without `__init__.py`, because then each of its files is a program of its own."""
    parts = module_name.split(".")
    if parts[0] == "sennit":
        return ".".join(parts[:2])
    for length in range(1, len(parts)):
        name = ".".join(parts[:length])
        if getattr(sys.modules.get(name), "__file__", None) is not None:
            return name
    return module_name
