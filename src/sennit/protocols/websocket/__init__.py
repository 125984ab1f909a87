"""WebSocket on the wire (RFC 6455) with permessage-deflate (RFC 7692), both sides."""

from . import close_code as close_code
from .errors import HandshakeError as HandshakeError
from .errors import NotSendable as NotSendable
from .errors import WebSocketError as WebSocketError
from .state import Role as Role
from .state import State as State
from .endpoint import Endpoint as Endpoint
from .message import serialize_message as serialize_message
from .handshake import VERSION as VERSION
from .handshake import Handshake as Handshake
from .handshake import accept_lines as accept_lines
from .handshake import receive_handshake as receive_handshake
from .client_handshake import Accepted as Accepted
from .client_handshake import check_answer as check_answer
from .client_handshake import new_key as new_key
from .client_handshake import offer_lines as offer_lines
from .extensions import Extension as Extension
from .extensions import parse_extensions as parse_extensions
from .deflate import Deflate as Deflate
from .negotiation import negotiate_deflate as negotiate_deflate
from .negotiation import offer_deflate as offer_deflate
