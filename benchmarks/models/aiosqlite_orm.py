"""The driver that hops to a thread for every call."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiosqlite

COLUMNS = "id, title, body, done, at"


class Layer:
    def __init__(self, connection):
        self.connection = connection

    async def get(self, key):
        return len(await self.connection.execute_fetchall(f"SELECT {COLUMNS} FROM entry WHERE id = ?", (key,)))

    async def list(self, key):
        return await self._rows(key, 20)

    async def many(self, key):
        return await self._rows(key, 1000)

    async def _rows(self, key, most):
        sql = f"SELECT {COLUMNS} FROM entry WHERE id > ? ORDER BY id LIMIT {most}"
        return len(await self.connection.execute_fetchall(sql, (key % 9000,)))

    async def insert(self, key):
        values = (f"title {key}", "body", False, datetime.now(UTC).isoformat(" "))
        await self.connection.execute("INSERT INTO entry (title, body, done, at) VALUES (?, ?, ?, ?)", values)
        await self.connection.commit()

    async def update(self, key):
        await self.connection.execute("UPDATE entry SET title = ? WHERE id = ?", (f"new {key}", key))
        await self.connection.commit()


@asynccontextmanager
async def opened(url):
    async with aiosqlite.connect(url.removeprefix("sqlite:///")) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        yield Layer(connection)
