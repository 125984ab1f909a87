"""Who is asking: accounts, passwords, signing in and out, and rules of access."""

from typing import TYPE_CHECKING

from .rules import SignedIn as SignedIn
from .rules import public as public
from .rules import signed_in as signed_in
from .rules import staff as staff
from .rules import can as can
from .rules import all_of as all_of
from .rules import any_of as any_of
from .when_used import __getattr__ as __getattr__

if TYPE_CHECKING:
    from .account import Account as Account
    from .account import end_sessions as end_sessions
    from .user import User as User
    from .creation import create_user as create_user
    from .creation import change_password as change_password
    from .signing_in import sign_in as sign_in
    from .signing_in import sign_out as sign_out
    from .accounts import Accounts as Accounts
    from .passwords import Passwords as Passwords
    from .throttle import Throttle as Throttle
