"""The composition root: ties the strands together."""

from .application import App as App
from .runtime import Runtime as Runtime
from .settings import Settings as Settings
