"""The bare driver on one connection: what every other layer on PostgreSQL stands on."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

COLUMNS = "id, title, body, done, at"
INSERT = "INSERT INTO entry (title, body, done, at) VALUES ($1, $2, $3, $4) RETURNING id"


class Layer:
    def __init__(self, connection):
        self.connection = connection

    async def get(self, key):
        return (await self.connection.fetchrow(f"SELECT {COLUMNS} FROM entry WHERE id = $1", key)) and 1

    async def list(self, key):
        sql = f"SELECT {COLUMNS} FROM entry WHERE id > $1 ORDER BY id LIMIT 20"
        return len(await self.connection.fetch(sql, key % 9000))

    async def many(self, key):
        sql = f"SELECT {COLUMNS} FROM entry WHERE id > $1 ORDER BY id LIMIT 1000"
        return len(await self.connection.fetch(sql, key % 9000))

    async def insert(self, key):
        async with self.connection.transaction():
            return await self.connection.fetchval(INSERT, f"title {key}", "body", False, datetime.now(UTC))

    async def update(self, key):
        async with self.connection.transaction():
            await self.connection.execute("UPDATE entry SET title = $1 WHERE id = $2", f"new {key}", key)


@asynccontextmanager
async def opened(url):
    connection = await asyncpg.connect(url)
    yield Layer(connection)
    await connection.close()
