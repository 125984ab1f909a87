"""The public surface as a user's type checker sees it: checked by mypy and pyright in `make check`, and never run."""

from decimal import Decimal
from typing import assert_type
from uuid import UUID

import sennit
from sennit import (
    App,
    Database,
    Mapped,
    Model,
    Request,
    Response,
    Router,
    WebSocket,
    column,
    redirect,
    signed_in,
    uuid7,
    view,
)
from sennit.auth import User
from sennit.errors import NotFound, Problem, SennitError

app = App(secret="…", hosts=["example.org"], limits={"body": "64M"})
pages = Router(prefix="/pages", access=signed_in)


class Story(Model, order_by="title"):
    title: Mapped[str] = column(length=200, index=True)
    words: Mapped[int] = column(default=0)


@app.get("/")
async def index() -> str:
    return "Hello, World!"


@pages.get("/{name}")
async def greet(name: str, request: Request, times: int = 1) -> Response:
    assert_type(request.method, str)
    return Response(await request.body(), status=200)


@app.post("/stories")
async def create(db: Database, user: User) -> Response:
    story = Story(title="A")
    db.add(story)
    assert_type(story.title, str)
    assert_type(user.username, str)
    return redirect(index)


@app.get("/stories/{id}")
async def show(id: int, db: Database) -> Story:
    story = await db.get(Story, id)
    assert_type(story, Story)
    assert_type(await db.find(Story, id), Story | None)
    assert_type(await db.all(Story.where(Story.words > 100)), list[Story])
    assert_type(await db.first(Story.all()), Story | None)
    assert_type(await db.all(Story.all().values(Story.title)), list[str])
    pairs: list[tuple[str, int]] = [*await db.all(Story.all().values(Story.title, Story.words))]
    longest: int | None = await db.scalar(Story.all().max(Story.words))
    assert pairs and longest
    assert_type(await db.scalar(Story.all().count()), int)
    assert_type(await db.all(Story.all().join(Story).distinct().union(Story.all())), list[Story])
    return story


@app.websocket("/ws")
async def echo(ws: WebSocket[str]) -> None:
    async for message in ws:
        assert_type(message, str)
        await ws.send(message)


@app.get("/live")
@view("live.html")
async def live() -> dict[str, object]:
    return {"stories": Story.all()}


def errors() -> None:
    error: Problem = NotFound(detail="gone")
    assert_type(error.status, int)
    raise SennitError(code="app.E001", what=sennit.__version__)


class Receipt(Model):
    id: Mapped[UUID] = column(primary_key=True, default=uuid7)
    total: Mapped[Decimal] = column(precision=12, scale=2)
