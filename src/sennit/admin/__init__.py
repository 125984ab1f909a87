"""The console made from models: lists that stay current, forms from columns, nobody's work overwritten in silence."""

from .console import Admin as Admin
from .registration import Registration as Registration
