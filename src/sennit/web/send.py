"""A Response goes out on an exchange: whole, or piece by piece with back-pressure."""

import logging
from collections.abc import AsyncIterator

from ..http.exchange import Exchange
from .event_stream import EventStream
from .file_body import send_file_body
from .file_response import FileResponse
from .response import Response

log = logging.getLogger("sennit.web")


async def send_response(exchange: Exchange, response: Response) -> None:
    """An exception before the first piece of a stream is raised; after it the connection is cut, never ended cleanly."""
    if isinstance(response, FileResponse) and response.file_body is not None:
        await send_file_body(exchange, response.status, response.wire_lines(), response.file_body)
        return
    if response.stream is None:
        exchange.respond(response.status, response.wire_lines(), response.body)
        return
    try:
        if exchange.method == "HEAD":
            await _send_head(exchange, response)
        else:
            await _send_stream(exchange, response, response.stream)
    finally:
        close = getattr(response.stream, "aclose", None)
        if close is not None:
            await close()


async def _send_head(exchange: Exchange, response: Response) -> None:
    await exchange.start(response.status, response.wire_lines(), _length(response))
    await exchange.finish()


async def _send_stream(exchange: Exchange, response: Response, stream: AsyncIterator[str | bytes]) -> None:
    exchange.cancel_on_disconnect = True  # a stream is, even in answer to a POST: what was asked for has been committed
    if isinstance(response, EventStream):
        exchange.on_draining(response.end)
    first = await anext(stream, b"")
    await exchange.start(response.status, response.wire_lines(), _length(response))
    try:
        if first:
            await exchange.send(_bytes(first))
        async for piece in stream:
            if piece:
                await exchange.send(_bytes(piece))
    except Exception as error:
        if not isinstance(error, ConnectionError):
            log.error("a streamed answer broke off", exc_info=error)
        exchange.abort()
        return
    except BaseException:
        exchange.abort()
        raise
    await exchange.finish()


def _length(response: Response) -> int | None:
    length: int | None = getattr(response, "length", None)
    return length


def _bytes(piece: str | bytes) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece
