"""Shipped to users: the test client, live pages without a browser, exchanges in memory, pytest fixtures."""

from .client import Client as Client
from .client import ClientSocket as ClientSocket
from .page import Page as Page
from .page import PageForm as PageForm
from .live import Live as Live
from .live import LivePage as LivePage
from .app_transport import AppTransport as AppTransport
from .mock_transport import MockTransport as MockTransport
from .mock_answer import Answer as Answer
from .mock_route import MockRoute as MockRoute
from .mock_request import MockRequest as MockRequest
from .memory import MemoryExchange as MemoryExchange
from .memory import MemorySocket as MemorySocket
