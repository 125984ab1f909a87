"""A column that went and one that came: perhaps the same under another name, which only a person knows."""

from collections.abc import Callable, Iterator
from typing import Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy.types import TypeEngine

IsRename = Callable[[str, str, str], bool]
"""Whether the column of a table, its old name and its new one, is the same."""


class RenameColumn(ops.AlterColumnOp):
    """Alembic can run this, but neither write it nor turn it round."""

    def __init__(self, table: str, old: str, new: str, kind: TypeEngine[Any], *, nullable: bool) -> None:
        super().__init__(table, old, existing_type=kind, existing_nullable=nullable)
        self.new = new

    def reverse(self) -> "RenameColumn":
        kind: Any = self.existing_type
        nullable = bool(self.existing_nullable)
        return RenameColumn(self.table_name, self.new, self.column_name, kind, nullable=nullable)


@renderers.dispatch_for(RenameColumn)
def _written(context: Any, op: RenameColumn) -> str:
    return f"batch_op.alter_column({op.column_name!r}, new_column_name={op.new!r})"


def join_renamed(container: ops.UpgradeOps, is_rename: IsRename) -> None:
    """Put a rename in place of each pair that is one."""
    container.ops[:] = [each for op in container.ops for each in _joined(op, is_rename)]


def _joined(op: Any, is_rename: IsRename) -> Iterator[Any]:
    found = list(_renames(op, is_rename)) if isinstance(op, ops.ModifyTableOps) else []
    if not found:
        yield op
        return
    gone = [part for _, *pair in found for part in pair]
    rest = [inner for inner in op.ops if not any(inner is part for part in gone)]
    # What is named after the column goes before it is renamed, and comes back after it.
    drops = [each for each in rest if isinstance(each, (ops.DropIndexOp, ops.DropConstraintOp))]
    others = [each for each in rest if not any(each is drop for drop in drops)]
    for part in (drops, [rename for rename, *_ in found], others):
        if part:
            yield ops.ModifyTableOps(op.table_name, part)


def _renames(op: ops.ModifyTableOps, is_rename: IsRename) -> Iterator[tuple[RenameColumn, Any, Any]]:
    came = [each for each in op.ops if isinstance(each, ops.AddColumnOp)]
    for gone in [each for each in op.ops if isinstance(each, ops.DropColumnOp)]:
        old: Any = gone.to_column()
        for new in came:
            if _is_alike(old, new.column) and is_rename(op.table_name, old.name, new.column.name):
                yield RenameColumn(op.table_name, old.name, new.column.name, old.type, nullable=old.nullable), gone, new
                came.remove(new)
                break


def _is_alike(old: Any, new: Any) -> bool:
    """What is otherwise different, a rename would hide."""
    return bool(old.type._type_affinity is new.type._type_affinity and old.nullable == new.nullable)
