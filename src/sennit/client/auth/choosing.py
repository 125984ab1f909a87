"""What a program may give as `auth=`."""

from ..middleware import Middleware
from .basic import Basic, Bearer
from .called import Called, Signer
from .digest import Digest

Auth = tuple[str, str] | Basic | Bearer | Digest | Signer
"""(user, password) for basic, one of the classes, or a function of request and answer."""


def auth_layer(auth: Auth) -> Middleware:
    if isinstance(auth, tuple):
        return Basic(*auth)
    return auth if isinstance(auth, (Basic, Bearer, Digest)) else Called(auth)
