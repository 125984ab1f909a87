"""How a client says who it is: basic, bearer, digest, or a function of the program's."""

from .basic import Basic as Basic
from .basic import Bearer as Bearer
from .digest import Digest as Digest
