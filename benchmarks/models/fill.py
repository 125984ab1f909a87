"""Makes the table `entry` anew and fills it:   python fill.py URL"""

import asyncio
import sqlite3
import sys
from datetime import UTC, datetime, timedelta

ROWS = 10_000
COLUMNS = "title {text} NOT NULL, body {text} NOT NULL, done BOOLEAN NOT NULL, at {time} NOT NULL"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def rows():
    for number in range(1, ROWS + 1):
        yield f"title {number}", "body " * 10, number % 3 == 0, BEGAN + timedelta(minutes=number)


def fill_sqlite(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    columns = COLUMNS.format(text="VARCHAR", time="DATETIME")
    connection.execute(f"CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    values = [(title, body, done, f"{at:%Y-%m-%d %H:%M:%S.%f}") for title, body, done, at in rows()]
    connection.executemany("INSERT INTO entry (title, body, done, at) VALUES (?, ?, ?, ?)", values)
    connection.commit()
    connection.close()


async def fill_postgresql(url):
    import asyncpg

    server, _, name = url.rpartition("/")
    admin = await asyncpg.connect(f"{server}/postgres")
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    connection = await asyncpg.connect(url)
    columns = COLUMNS.format(text="VARCHAR", time="TIMESTAMP WITH TIME ZONE")
    await connection.execute(f"CREATE TABLE entry (id SERIAL PRIMARY KEY, {columns})")
    await connection.copy_records_to_table("entry", records=rows(), columns=["title", "body", "done", "at"])
    await connection.execute("ANALYZE entry")
    await connection.close()


if sys.argv[1].startswith("sqlite:///"):
    fill_sqlite(sys.argv[1].removeprefix("sqlite:///"))
else:
    asyncio.run(fill_postgresql(sys.argv[1]))
