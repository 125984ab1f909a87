"""Domains under which anybody can have a name (RFC 6265bis §5.7): no cookie is for all of one.

The whole list is in the library `publicsuffixlist`, which is used where it is installed. Without it: a name of one label is
one, and what registries commonly sell names under, such as `co.uk` and `com.au`.
"""

from functools import cache, lru_cache
from importlib import import_module
from typing import Any

_SOLD_UNDER = frozenset(
    "ac ad adv asso biz co com coop ed edu fed firm gen go gob gouv gov govt gv id in ind inf info k12 lg ltd me mil mob mod muni "
    "name ne net nhs nic nom nsn nt or org parti plc police pp pro prd re sch tm tourism tv web".split()
)
_OFTEN_SHARED = frozenset(
    "github.io gitlab.io herokuapp.com netlify.app vercel.app pages.dev workers.dev web.app firebaseapp.com azurewebsites.net "
    "cloudfront.net appspot.com blogspot.com fly.dev onrender.com amazonaws.com s3.amazonaws.com readthedocs.io".split()
)


@cache
def _library() -> Any:
    try:
        return import_module("publicsuffixlist").PublicSuffixList()
    except ImportError:
        return None


@lru_cache(1024)
def is_public_suffix(domain: str) -> bool:
    """`domain` in lower case, IDNA applied."""
    labels = domain.split(".")
    if len(labels) == 1 or domain in _OFTEN_SHARED:
        return True
    if _library() is not None:
        return bool(_library().is_public(domain))
    return len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SOLD_UNDER
