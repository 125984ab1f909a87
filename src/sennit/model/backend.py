"""The seam between the model layer and one kind of database: what an engine asks of SQLite and of PostgreSQL alike."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy import Engine as SqlEngine
from sqlalchemy.ext.asyncio import AsyncEngine

from .fetch import Statement, Stream, Work
from .outcome import Outcome
from .unit import Turn


class Backend(ABC):
    """One database, open from `open` to `close`. Reads raise what `failures.mended` understands."""

    dialect: Dialect
    """What plans are compiled for."""
    loop_engine: AsyncEngine
    """For units of work on the event loop."""
    thread_engine: SqlEngine
    """For units of work in threads."""
    turn: Turn | None
    """The queue of writers on the loop; None where the database lets them write beside each other."""

    @abstractmethod
    async def open(self) -> None:
        """See that the database is there, and make what reads it. Raises SennitError when it cannot be opened."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection, end every thread."""

    # -- reading, on the loop ---------------------------------------------------------------------------------------

    @abstractmethod
    async def read(self, work: Work) -> Any:
        """The result of the work. Raises ServiceUnavailable when no connection can be had."""

    @abstractmethod
    async def read_text(self, statement: Statement) -> Outcome:
        """The rows of a text that reads."""

    @abstractmethod
    def stream(self, stream: Stream) -> AsyncGenerator[list[Any], None]:
        """The rows, in lists of at most CHUNK."""

    # -- reading, in a thread ---------------------------------------------------------------------------------------

    @abstractmethod
    def read_in_thread(self, work: Work) -> Any:
        """The same as `read`, for the thread that calls it."""

    @abstractmethod
    def read_text_in_thread(self, statement: Statement) -> Outcome:
        """The same as `read_text`."""

    @abstractmethod
    def stream_in_thread(self, stream: Stream) -> Iterator[list[Any]]:
        """The same as `stream`."""

    # -- changing tables --------------------------------------------------------------------------------------------

    @abstractmethod
    def lock_tables(self, connection: Connection) -> None:
        """Begin the transaction in which nobody else creates or extends tables."""
