"""The bare driver in the calling thread: what every other layer on SQLite stands on, without a hop."""

import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime

COLUMNS = "id, title, body, done, at"


class Layer:
    def __init__(self, connection):
        self.connection = connection

    def get(self, key):
        return len(self.connection.execute(f"SELECT {COLUMNS} FROM entry WHERE id = ?", (key,)).fetchall())

    def list(self, key):
        return self._rows(key, 20)

    def many(self, key):
        return self._rows(key, 1000)

    def _rows(self, key, most):
        sql = f"SELECT {COLUMNS} FROM entry WHERE id > ? ORDER BY id LIMIT {most}"
        return len(self.connection.execute(sql, (key % 9000,)).fetchall())

    def insert(self, key):
        values = (f"title {key}", "body", False, datetime.now(UTC).isoformat(" "))
        with self.connection:
            self.connection.execute("INSERT INTO entry (title, body, done, at) VALUES (?, ?, ?, ?)", values)

    def update(self, key):
        with self.connection:
            self.connection.execute("UPDATE entry SET title = ? WHERE id = ?", (f"new {key}", key))


@contextmanager
def opened(url):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    yield Layer(connection)
    connection.close()
