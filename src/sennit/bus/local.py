"""The bus of a single process: nobody else is there."""

from .bus import OnGap, OnMessage


class LocalBus:
    """What happens in this process, its listeners know by a plain function call."""

    name = "bus/local"
    is_alone = True

    def listen(self, on_message: OnMessage, on_gap: OnGap) -> None:
        """Nothing ever comes."""

    def publish(self, subject: str, payload: bytes) -> None:
        """Nobody listens."""

    async def start(self) -> None: ...

    def drain(self) -> None: ...

    async def drained(self) -> None: ...

    async def close(self) -> None: ...
