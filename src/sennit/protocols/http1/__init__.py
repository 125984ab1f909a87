"""HTTP/1.1 and 1.0 on the wire (RFC 9112), for the server's side."""

from typing import TYPE_CHECKING

from .errors import LocalProtocolError as LocalProtocolError
from .errors import RemoteProtocolError as RemoteProtocolError

if TYPE_CHECKING:
    from .head import HeadLimits as HeadLimits
    from .head import RequestHead as RequestHead
    from .head import parse_request_head as parse_request_head
    from .serialize import serialize_answer as serialize_answer
else:
    try:
        from ._serialize import serialize_answer as serialize_answer  # compiled
        from ._head import HeadLimits as HeadLimits
        from ._head import RequestHead as RequestHead
        from ._head import parse_request_head as parse_request_head
    except ImportError:
        from .head import HeadLimits as HeadLimits  # the specification
        from .head import RequestHead as RequestHead
        from .head import parse_request_head as parse_request_head
        from .serialize import serialize_answer as serialize_answer

from .body import BodyReader as BodyReader
from .body import ChunkedBody as ChunkedBody
from .body import LengthBody as LengthBody
from .answer import ANSWERS as ANSWERS
from .answer import Answer as Answer
from .answer import advance as advance
from .body_writer import BodyWriter as BodyWriter
from .body_writer import body_writer as body_writer
from .response import CONTINUE as CONTINUE
from .status_line import not_final as not_final
from .response import serialize_head as serialize_head
from .response import serialize_lines as serialize_lines
