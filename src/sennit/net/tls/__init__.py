"""TLS by a layer of our own over OpenSSL's memory buffers, for both ends, between any transport and a connection."""

from .settings import TLS as TLS
from .context import client_context as client_context
from .certificates import Certificates as Certificates
from .session import TlsSession as TlsSession
from .layer import TlsLayer as TlsLayer
