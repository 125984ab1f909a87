"""A name and a password against the accounts, slowed down and alike for every kind of failure."""

from typing import Any, NamedTuple

from ..model import Database, utcnow
from .account import Account
from .passwords import Passwords
from .signing_in import SessionLike, known_device
from .throttle import Throttle
from .usernames import username_fault, username_key


class Verdict(NamedTuple):
    """user: whose name and password they are, None when they are nobody's. wait_s: until the next try may be made."""

    user: Account | None
    wait_s: float = 0.0


class Credentials:
    """Unknown name, wrong password and blocked account take the same time and get the same verdict."""

    def __init__(
        self, model: type[Account], *, passwords: Passwords | None = None, throttle: Throttle | None = None
    ) -> None:
        self.model = model
        self.passwords = passwords or Passwords()
        self.throttle = throttle or Throttle()

    async def check(self, db: Database, session: SessionLike, *, username: str, password: str, address: str) -> Verdict:
        """Try a name and a password from an address. Raises ServiceUnavailable when too many are tried at once."""
        key = username_key(username)
        known = "" if username_fault(username.strip()) else key
        account = await db.first(self.model.where(username_key=known))
        device = known_device(session, account)
        wait_s = self.throttle.admit(key, address, device=device)
        if wait_s:
            return Verdict(None, wait_s)
        is_right = await self.passwords.verify(password, account.password if account else None)
        if account is None or not is_right or not account.is_active:
            return Verdict(None)
        self.throttle.succeeded(key, address, device=device)
        await self._welcome(db, account, password)
        return Verdict(account)

    async def _welcome(self, db: Database, account: Account, password: str) -> None:
        """Note the time; hash anew with today's parameters, which is not a change of password and ends no session."""
        values: dict[str, Any] = {"last_seen_at": utcnow()}
        if self.passwords.is_outdated(account.password):
            values["password"] = await self.passwords.hash(password)
        await db.execute(self.model.where(id=account.id).update(**values))
