"""Where links lead that are made outside a request: in mails, in periodic work."""

from ..web.addresses import NOWHERE, Origin
from ..web.hosts import LOOPBACK_HOSTS, AllowedHosts
from .settings import Settings


def home_of(settings: Settings) -> Origin:
    """The first single host of `hosts`: over https, but on this machine itself over http with its port."""
    names = AllowedHosts(settings.hosts or ()).concrete
    if not names:
        return NOWHERE
    if names[0] in LOOPBACK_HOSTS or names[0].endswith(".localhost"):
        return Origin("http", f"{names[0]}:{settings.port}")
    return Origin("https", names[0])
