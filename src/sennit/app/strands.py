"""How the strands give their providers to handlers."""

from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..web.context import Context
from ..web.provider import FromContext

if TYPE_CHECKING:
    from ..model import Engine
    from .runtime import Runtime


def database_provider(engine: "Engine | None") -> FromContext:
    """`db`: reads at driver speed in safe methods, a unit of work elsewhere, a synchronous one for functions in threads."""

    def there(ctx: Context) -> "Engine":
        if engine is None:
            raise SennitError(
                code="app.E001",
                what="a handler asks for `db`, but this application has no database",
                where=ctx.route.where,
                fix='switch it on: App(database="sqlite:///app.db")',
            )
        return engine

    def give(ctx: Context) -> Any:
        if ctx.route.is_lasting:
            return there(ctx).lasting()
        if ctx.route.reads_only or ctx.route.runs_in_thread:
            return there(ctx).reading()
        return _unit_of_work(there(ctx), ctx)

    return FromContext(give, in_thread=lambda ctx: _in_thread(there(ctx), ctx))


def _unit_of_work(engine: "Engine", ctx: Context) -> Any:
    db = engine.begin()
    ctx.before_response(db.commit)
    ctx.defer(db.close)
    return db


def _in_thread(engine: "Engine", ctx: Context) -> Any:
    """The session is used in the handler's thread, and committed and closed in one of the same pool."""
    run = ctx.site.in_thread
    db = engine.reading_sync() if ctx.route.reads_only else engine.begin_sync()
    ctx.before_response(lambda: run(db.commit))
    ctx.defer(lambda: run(db.close))
    return db


def app_providers(runtime: "Runtime") -> dict[str, Any]:
    return {
        "app": FromContext(lambda ctx: runtime.app, is_immediate=True),
        "db": database_provider(runtime.engine),
        "log": FromContext(lambda ctx: runtime.log, is_immediate=True),
        "templates": FromContext(lambda ctx: runtime.templates, is_immediate=True),
        "live": FromContext(lambda ctx: runtime.hub, is_immediate=True),
    }
