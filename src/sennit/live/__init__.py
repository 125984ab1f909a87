"""Views registered on models: pages that change when what they read changes."""

from .hub import Hub as Hub
from .routes import live_router as live_router
from .topic import tick as tick
from .topic import topic as topic
from .topic import viewers as viewers
from .view import View as View
from .view import view as view
