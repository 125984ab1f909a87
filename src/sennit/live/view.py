"""`@view("page.html")`: what a function returns becomes a page that stays current."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import SennitError
from .catalog import catalog_of
from .inputs import check_inputs
from .page import Page, hub_of
from .reads import ReadLog, TopicRead
from .topic import Tick, Topic, table_of

if TYPE_CHECKING:
    from ..web import Context, Response, Route

F = TypeVar("F", bound=Callable[..., Any])


class View:
    """Joins a function to the web layer (`web.Presenter`). Made by `view`."""

    def __init__(
        self,
        template: str,
        access: Callable[..., Any] | None,
        hz: float,
        also: Sequence[Tick | Topic],
        *,
        is_live: bool,
    ) -> None:
        if not 0 < hz <= 60:
            raise SennitError(
                code="live.E008",
                what=f"hz={hz!r} is no rate at which a page can change",
                where=f"@view({template!r})",
                fix="give updates a second, above 0 and at most 60",
            )
        self.template = template
        self.access = access
        self.hz = hz
        self.ticks = tuple(source for source in also if isinstance(source, Tick))
        self.topic_reads = frozenset(TopicRead(table_of(source.topic)) for source in also)
        self.is_live = is_live

    def __call__(self, function: F) -> F:
        function.__presenter__ = self  # type: ignore[attr-defined]
        return function

    def prepare(self, ctx: "Context") -> None:
        """What the view's providers read counts for its regions, so they get a database that writes it down."""
        hub = hub_of(ctx)
        if self.is_live and hub is not None:
            page = ctx.values["live page"] = Page(hub, self, ctx, ReadLog())
            page.prepare()

    async def present(self, ctx: "Context", value: object) -> "Response":
        hub = hub_of(ctx)
        if hub is None:
            raise SennitError(
                code="live.E011",
                what="a view needs templates, and this application has none",
                where=ctx.route.where,
                fix="make a templates folder beside the program",
            )
        page = ctx.values.pop("live page", None) or Page(hub, self, ctx, ReadLog())
        return await page.response(value)

    def check(self, route: "Route") -> list[SennitError]:
        """What keeps the view from being live, and what is wrong with its template, at start."""
        return [*(check_inputs(route) if self.is_live else ()), *self._check_template(route)]

    def _check_template(self, route: "Route") -> list[SennitError]:
        give = getattr(route.providers.get("templates"), "give", None)
        templates = give(None) if give is not None else None
        if templates is None:
            return []
        try:
            catalog_of(templates).sheet(self.template)
        except SennitError as error:
            return [error]
        return []


def view(
    template: str,
    *,
    access: Callable[..., Any] | None = None,
    hz: float = 10,
    also: Sequence[Tick | Topic] = (),
    live: bool = True,
) -> Callable[[F], F]:
    """The function below returns a dict; the template shows it, and its `{% live %}` regions follow what was read.

    access: a rule as on a route. hz: updates a second at most. also: what else the page depends on, `tick(60)` or
    `topic("rates")`. live=False: a plain page.
    """
    return View(template, access, hz, also, is_live=live)
