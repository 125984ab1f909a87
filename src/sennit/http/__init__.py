"""What HTTP means (RFC 9110, 6265), apart from how it travels: fields, cookies, media types, limits, `Exchange`."""

from .exchange import Address as Address
from .exchange import Disconnected as Disconnected
from .exchange import Exchange as Exchange
from .exchange import FileExchange as FileExchange
from .exchange import Handler as Handler
from .exchange import Lines as Lines
from .exchange import WebSocketClosed as WebSocketClosed
from .exchange import WebSocketOffer as WebSocketOffer
from .exchange import WebSocketStream as WebSocketStream
from .fields import Fields as Fields
from .fields import MutableFields as MutableFields
from .fields import ReceivedFields as ReceivedFields
from .limits import Limits as Limits
from .prepared_lines import PreparedLines as PreparedLines
