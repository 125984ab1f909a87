"""sennit's models: reads as in a GET handler, writes each in a unit of work of its own."""

from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sennit import Mapped, Model, column, utcnow
from sennit.model import Engine


class Entry(Model, live=False):
    title: Mapped[str]
    body: Mapped[str]
    done: Mapped[bool] = column(default=False)
    at: Mapped[datetime] = column(default=utcnow)


class Layer:
    def __init__(self, engine):
        self.engine = engine
        self.reading = engine.reading()

    async def get(self, key):
        return (await self.reading.get(Entry, key)) and 1

    async def list(self, key):
        return len(await self.reading.all(Entry.where(Entry.id > key % 9000).order_by(Entry.id).limit(20)))

    async def many(self, key):
        return len(await self.reading.all(Entry.where(Entry.id > key % 9000).order_by(Entry.id).limit(1000)))

    async def insert(self, key):
        async with self.engine.tracked() as db:
            db.add(Entry(title=f"title {key}", body="body"))

    async def update(self, key):
        async with self.engine.tracked() as db:
            (await db.get(Entry, key)).title = f"new {key}"


@asynccontextmanager
async def opened(url):
    engine = Engine(url, root=Path.cwd())
    await engine.start()
    yield Layer(engine)
    await engine.dispose()
