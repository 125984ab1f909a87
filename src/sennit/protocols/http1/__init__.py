"""HTTP/1.1 and 1.0 on the wire (RFC 9112), both sides."""

from typing import TYPE_CHECKING

from .errors import LocalProtocolError as LocalProtocolError
from .errors import RemoteProtocolError as RemoteProtocolError

if TYPE_CHECKING:
    from .field_section import HeadLimits as HeadLimits
    from .request_head import RequestHead as RequestHead
    from .request_head import parse_request_head as parse_request_head
    from .response_head import ResponseHead as ResponseHead
    from .response_head import parse_response_head as parse_response_head
    from .serialize import serialize_answer as serialize_answer
else:
    try:
        from ._field_section import HeadLimits as HeadLimits  # compiled
        from ._request_head import RequestHead as RequestHead
        from ._request_head import parse_request_head as parse_request_head
        from ._response_head import ResponseHead as ResponseHead
        from ._response_head import parse_response_head as parse_response_head
        from ._serialize import serialize_answer as serialize_answer
    except ImportError:
        from .field_section import HeadLimits as HeadLimits  # the specification
        from .request_head import RequestHead as RequestHead
        from .request_head import parse_request_head as parse_request_head
        from .response_head import ResponseHead as ResponseHead
        from .response_head import parse_response_head as parse_response_head
        from .serialize import serialize_answer as serialize_answer

from .body import BodyReader as BodyReader
from .body import ChunkedBody as ChunkedBody
from .body import LengthBody as LengthBody
from .body import UntilCloseBody as UntilCloseBody
from .body import response_body as response_body
from .answer import ANSWERS as ANSWERS
from .answer import Answer as Answer
from .answer import advance as advance
from .body_writer import BodyWriter as BodyWriter
from .body_writer import body_writer as body_writer
from .response import CONTINUE as CONTINUE
from .request import serialize_request_fields as serialize_request_fields
from .request import serialize_request_head as serialize_request_head
from .request import serialize_request_line as serialize_request_line
from .framing import Framing as Framing
from .status_line import not_final as not_final
from .response import serialize_head as serialize_head
from .response import serialize_lines as serialize_lines
