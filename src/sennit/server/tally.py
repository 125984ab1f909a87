"""What a server counts on its hot path. Compiled where possible (`tally.pxd`): a plain attribute of the server costs more."""


class Tally:
    """`requests` begun since the start."""

    __slots__ = ("requests",)

    def __init__(self) -> None:
        self.requests = 0
