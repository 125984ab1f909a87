"""Templates: Jinja2 with escaping on, and errors that name the nearest right name."""

from .environment import TemplateEnvironment as TemplateEnvironment
from .templates import Templates as Templates
