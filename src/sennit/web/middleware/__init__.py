"""Stock middleware: `app.middleware(Compress())`, `Router(middleware=[Cors(origins=[…])])`; App(...) has short forms."""

from .compress import Compress as Compress
from .cors import Cors as Cors
from .etag import Etag as Etag
from .request_id import RequestId as RequestId
from .security import Security as Security
