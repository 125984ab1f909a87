"""SQLAlchemy's asynchronous ORM, a session for each operation, as its documents say for web applications."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import DateTime, event, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    done: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class Layer:
    def __init__(self, sessions):
        self.sessions = sessions

    async def get(self, key):
        async with self.sessions() as session:
            return (await session.get(Entry, key)) and 1

    async def list(self, key):
        return await self._rows(key, 20)

    async def many(self, key):
        return await self._rows(key, 1000)

    async def _rows(self, key, most):
        async with self.sessions() as session:
            query = select(Entry).where(Entry.id > key % 9000).order_by(Entry.id).limit(most)
            return len((await session.scalars(query)).all())

    async def insert(self, key):
        async with self.sessions.begin() as session:
            session.add(Entry(title=f"title {key}", body="body"))

    async def update(self, key):
        async with self.sessions.begin() as session:
            (await session.get(Entry, key)).title = f"new {key}"


@asynccontextmanager
async def opened(url):
    driver = "sqlite+aiosqlite" if url.startswith("sqlite") else "postgresql+asyncpg"
    engine = create_async_engine(url.replace(url.partition(":")[0], driver, 1))
    if driver.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", durable)
    yield Layer(async_sessionmaker(engine, expire_on_commit=False))
    await engine.dispose()


def durable(connection, _):
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()
