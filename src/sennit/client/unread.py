"""An answer that nobody wants: what leads elsewhere, asks for credentials or is tried again."""

import asyncio

from .errors import ClientError
from .response import Response

MOST_UNREAD = 64 * 1024
"""The rest of a body that is read so that its connection can be used again."""
LONGEST_S = 0.5
"""For so long: a new connection costs less than a server that drips."""


async def leave(response: Response) -> None:
    """What comes of a small body is read, for whoever looks at `history`; a connection with more is cut. Raises nothing."""
    try:
        async with asyncio.timeout(LONGEST_S):
            await response.read(limit=MOST_UNREAD)
    except (ClientError, TimeoutError):
        response.release()
    except BaseException:
        response.release()
        raise
