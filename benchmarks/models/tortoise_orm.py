"""Tortoise, on asyncpg or aiosqlite."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tortoise import Tortoise, fields
from tortoise.models import Model


class Entry(Model):
    id = fields.IntField(primary_key=True)
    title = fields.TextField()
    body = fields.TextField()
    done = fields.BooleanField(default=False)
    at = fields.DatetimeField(default=lambda: datetime.now(UTC))

    class Meta:
        table = "entry"


class Layer:
    async def get(self, key):
        return (await Entry.get(id=key)) and 1

    async def list(self, key):
        return len(await Entry.filter(id__gt=key % 9000).order_by("id").limit(20))

    async def many(self, key):
        return len(await Entry.filter(id__gt=key % 9000).order_by("id").limit(1000))

    async def insert(self, key):
        await Entry.create(title=f"title {key}", body="body")

    async def update(self, key):
        entry = await Entry.get(id=key)
        entry.title = f"new {key}"
        await entry.save(update_fields=["title"])


@asynccontextmanager
async def opened(url):
    if url.startswith("sqlite"):
        url = url.replace("sqlite:///", "sqlite://", 1) + "?journal_mode=WAL&synchronous=FULL"
    else:
        url = url.replace("postgresql:", "asyncpg:", 1)
    await Tortoise.init(db_url=url, modules={"models": ["tortoise_orm"]})
    yield Layer()
    await Tortoise.close_connections()
