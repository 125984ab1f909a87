"""Runs a coroutine handler for each connection."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from .conn import Conn
from .connection import Connection
from .errors import ConnectionClosed, ProtocolError
from .protocol import In, Out, Protocol
from .reason import CloseReason, Failed, Malformed

log = logging.getLogger("sennit.net")

Handler = Callable[[Conn[In, Out]], Coroutine[Any, Any, None]]


def per_connection(handler: Handler[In, Out], *, cancel: bool = False) -> Callable[[], Protocol[In, Out]]:
    """For `Listener(make_protocol=…)`: `handler(conn)` runs as a task for each connection.

    Its return closes the connection, an exception is logged and cuts it. `cancel`: it is cancelled when the peer goes.
    """
    return lambda: _Riding(handler, cancel)


class _Riding(Protocol[In, Out]):
    def __init__(self, handler: Handler[In, Out], cancel: bool) -> None:
        self._handler = handler
        self._cancel = cancel

    def connected(self, connection: Connection) -> None:
        self.connection = connection
        self.conn: Conn[In, Out] = Conn(connection)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def received(self, messages: list[In]) -> None:
        self.conn.take_in(messages)

    def writable(self) -> None:
        self.conn.catch_up()

    def draining(self) -> None:
        self.conn.begin_draining()

    def eof(self) -> None:
        self.conn.input_ended()
        self._cancel_if_asked()

    def failed(self, error: ProtocolError) -> None:
        self.conn.input_ended(error)

    def closed(self, reason: CloseReason) -> None:
        self.conn.end(reason)
        self._cancel_if_asked()

    def _cancel_if_asked(self) -> None:
        if self._cancel:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._handler(self.conn)
        except ProtocolError as error:
            self.connection.linger(reason=Malformed(error.message))
        except ConnectionClosed:
            self.connection.close()
        except Exception:
            log.exception("the handler of the connection from %s failed", self.connection.peer)
            self.connection.abort(Failed())
        except asyncio.CancelledError:
            self.connection.abort()
            raise
        else:
            self.connection.linger()
