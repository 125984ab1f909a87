"""Which workers are overdue, and by how much."""

from typing import Protocol

from .messages import Plan

START_S = 120.0
"""For a worker to import its program and be ready."""
LATE_S = 3.0
"""Without a beat for so long: others take its new connections, until it beats again."""
HANG_S = 30.0
"""Without a beat for so long: killed and replaced; the setting `hang_s`."""
DUMP_S = 0.5
"""Between the dump of its stacks and the kill."""


class Watched(Protocol):
    born_at: float
    heard_at: float
    ready_at: float | None
    drained_by: float | None
    plan: Plan | None


def is_late(worker: Watched, now: float) -> bool:
    return now - worker.heard_at >= LATE_S


def fault(worker: Watched, now: float) -> str:
    """Why it is to be killed; empty while all is well."""
    if worker.drained_by is not None and now >= worker.drained_by:
        return "it has not ended within its drain time"
    if worker.ready_at is None:
        return f"it was not ready after {START_S:g} s" if now - worker.born_at >= START_S else ""
    hang_s = HANG_S if worker.plan is None else worker.plan.hang_s
    return f"its loop has stood still for {hang_s:g} s" if now - worker.heard_at >= hang_s else ""
