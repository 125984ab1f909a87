"""Piccolo, with its pool."""

from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from piccolo.columns import Boolean, Serial, Text, Timestamptz
from piccolo.engine import engine_finder  # noqa: F401  (what tables look for)
from piccolo.table import Table, create_table_class


class Layer:
    def __init__(self, table, engine):
        self.table = table
        self.engine = engine

    async def get(self, key):
        return (await self.table.objects().get(self.table.id == key)) and 1

    async def list(self, key):
        return await self._rows(key, 20)

    async def many(self, key):
        return await self._rows(key, 1000)

    async def _rows(self, key, most):
        table = self.table
        return len(await table.objects().where(table.id > key % 9000).order_by(table.id).limit(most))

    async def insert(self, key):
        async with self.engine.transaction():
            await self.table(title=f"title {key}", body="body").save()

    async def update(self, key):
        async with self.engine.transaction():
            entry = await self.table.objects().get(self.table.id == key)
            entry.title = f"new {key}"
            await entry.save([self.table.title])


@asynccontextmanager
async def opened(url):
    engine = engine_for(url)
    columns = {"id": Serial(primary_key=True), "title": Text(), "body": Text(), "done": Boolean(), "at": Timestamptz()}
    table = create_table_class(
        "Entry", bases=(Table,), class_kwargs={"tablename": "entry", "db": engine}, class_members=columns
    )
    is_pooled = not url.startswith("sqlite")
    if is_pooled:
        await engine.start_connection_pool()
    yield Layer(table, engine)
    if is_pooled:
        await engine.close_connection_pool()


def engine_for(url):
    if url.startswith("sqlite"):
        from piccolo.engine.sqlite import SQLiteEngine

        return SQLiteEngine(path=url.removeprefix("sqlite:///"))
    from piccolo.engine.postgres import PostgresEngine

    parts = urlsplit(url)
    return PostgresEngine(
        config={"host": parts.hostname, "port": parts.port, "user": parts.username, "database": parts.path[1:]}
    )
