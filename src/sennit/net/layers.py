"""What lies between the transport and a connection: the PROXY header, then TLS. The order is fixed."""

from collections.abc import Callable
from typing import Protocol

from ..errors import SennitError
from .connection import Connection
from .deadline import Deadlines
from .endpoint import Endpoint
from .networks import Networks
from .poller import Attached
from .proxy_header import ProxyHeader
from .proxy_layer import ProxyLayer
from .tls import Certificates, TlsLayer, TlsSession

Layer = ProxyLayer | TlsLayer
OnLost = Callable[[Exception | None], None]


class Bounds(Protocol):
    """Seconds (`net.Limits`)."""

    @property
    def handshake_s(self) -> float: ...
    @property
    def close_s(self) -> float: ...


class Layers:
    """Of one listener. `load` before the first `under`."""

    def __init__(
        self, endpoint: Endpoint, trusted: Networks, *, name: str, clock: Deadlines, bounds: Bounds, answer: bytes
    ) -> None:
        self.is_empty = endpoint.tls is None and not endpoint.proxy
        self.certificates: Certificates | None = None
        self._endpoint = endpoint
        self._trusted = trusted
        self._name = name
        self._clock = clock
        self._bounds = bounds
        self._answer = answer

    def load(self) -> None:
        """Raises SennitError: net.E020 to net.E024 for certificates, net.E028 for proxies that nobody has named."""
        if self._endpoint.proxy and not self._trusted:
            raise SennitError(
                code="net.E028",
                what="proxy=1 without trusted networks would refuse every connection",
                where=self._endpoint.describe(),
                fix='name the proxies: trusted = ["10.0.0.0/8"] in sennit.toml, or ["unix"] for a Unix socket',
            )
        if self._endpoint.tls is not None:
            self.certificates = Certificates(self._endpoint.tls, self._name)

    def under(self, connection: Connection, *, on_header: Callable[[ProxyHeader], bool], on_lost: OnLost) -> Layer:
        """The lowest layer, which the transport calls. `on_lost` is told when the connection never opens."""
        if self.certificates is None:
            return self._proxy(connection, connection, on_header, on_lost)
        tls = TlsLayer(
            connection,
            TlsSession(self.certificates.context, is_server=True),
            peer=connection.peer,
            clock=self._clock,
            bounds=self._bounds,
            on_lost=on_lost,
            clear_text_answer=self._answer,
        )
        return self._proxy(tls, connection, on_header, on_lost) if self._endpoint.proxy else tls

    def _proxy(
        self,
        above: Attached,
        connection: Connection,
        on_header: Callable[[ProxyHeader], bool],
        on_lost: OnLost,
    ) -> ProxyLayer:
        return ProxyLayer(
            above,
            proxy=connection.peer,
            clock=self._clock,
            header_s=self._bounds.handshake_s,
            on_header=on_header,
            on_lost=on_lost,
        )
