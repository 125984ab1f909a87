"""A viewer: one open socket of a browser's tab, with the pages that it shows."""

from typing import TYPE_CHECKING

from ..http import WebSocketStream
from . import wire
from .frame import Frame
from .seat import Refused, Seat

if TYPE_CHECKING:
    from ..web import Request
    from .hub import Hub

PAUSE_S = 10.0
"""A tab that has been hidden this long is sent nothing until it shows again."""

POLICY_VIOLATION = 1008
TRY_AGAIN = 1013


class Viewer:
    """Nothing is queued for a viewer: one that is behind gets one difference when it has caught up."""

    __slots__ = ("_hidden_at", "_is_behind", "behind_since", "heard_at", "hub", "request", "seats", "stream")

    def __init__(self, hub: "Hub", stream: WebSocketStream, request: "Request") -> None:
        self.hub = hub
        self.stream = stream
        self.request = request
        self.seats: dict[str, Seat] = {}
        self.heard_at = hub.now()
        self.behind_since = 0.0
        self._is_behind = False
        self._hidden_at: float | None = None
        stream.on_writable(self._caught_up)

    async def run(self) -> None:
        """Answer the browser's messages until it leaves. Raises WebSocketClosed."""
        while True:
            message = await self.stream.receive()
            self.heard_at = self.hub.now()
            try:
                # A task, so that `Hub.settled` knows of it.
                await self.hub.spawn(self._handle(wire.parse_up(message)))
            except wire.WrongMessage as wrong:
                await self.stream.close(POLICY_VIOLATION, str(wrong))

    async def _handle(self, up: wire.Up) -> None:
        match up:
            case wire.Join(token, held):
                await self._join(token, held)
            case wire.Have(held):
                for seat in list(self.seats.values()):
                    seat.has(dict(held))
            case wire.Leave(token):
                if left := self.seats.get(token):
                    self.drop(left)
            case wire.Need(shape):
                for seat in list(self.seats.values()):
                    seat.whole(shape)
            case wire.Visible(is_visible):
                self._show(is_visible=is_visible)

    async def _join(self, token: str, held: list[tuple[str, str]]) -> None:
        if token in self.seats:
            self.drop(self.seats[token])
        if self.hub.is_full:
            await self.stream.close(TRY_AGAIN, "too many pages")
            return
        page = self.hub.page(token)
        if page is None or len(self.seats) >= wire.MOST_SEATS:
            self.offer(Frame(wire.RELOAD))
            return
        seat = self.seats[token] = Seat(self, token, *page)
        try:
            async with self.hub.joining:
                await seat.join(held)
        except Refused as refused:
            self.drop(seat)
            for shape_id, _ in held:
                self.offer(Frame(wire.gone(shape_id, refused.why)))
        except Exception as error:
            self.drop(seat)
            self.hub.join_failed(seat, error)

    def drop(self, seat: Seat) -> None:
        if self.seats.get(seat.token) is seat:
            del self.seats[seat.token]
        seat.leave()

    def recheck(self) -> None:
        """Backstop: whatever the changes said, rules are asked again now and then."""
        for seat in list(self.seats.values()):
            seat.recheck()

    def close(self) -> None:
        for seat in list(self.seats.values()):
            self.drop(seat)

    # -- sending -----------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Open, not behind, and not hidden for long."""
        if self._is_behind or self.stream.is_closed:
            return False
        return self._hidden_at is None or self.hub.now() - self._hidden_at < PAUSE_S

    @property
    def is_behind(self) -> bool:
        return self._is_behind

    def offer(self, frame: Frame) -> bool:
        if frame.offer_to(self.stream):
            self.hub.frames += 1
            return True
        if not self._is_behind:
            self._is_behind = True
            self.behind_since = self.hub.now()
        return False

    def _caught_up(self) -> None:
        self._is_behind = False
        for seat in list(self.seats.values()):
            seat.catch_up()

    def _show(self, *, is_visible: bool) -> None:
        if not is_visible:
            self._hidden_at = self.hub.now()
            return
        self._hidden_at = None
        for seat in list(self.seats.values()):
            seat.catch_up()
