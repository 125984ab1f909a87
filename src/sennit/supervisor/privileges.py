"""The user and group that workers run as, and the supervisor too once its sockets are bound."""

import grp
import os
import pwd
from dataclasses import dataclass

from ..errors import SennitError


@dataclass(frozen=True, slots=True)
class Privileges:
    """Numbers of a user, its group and all the groups that it belongs to."""

    user: int
    group: int
    groups: tuple[int, ...]

    @classmethod
    def of(cls, user: str | None, group: str | None) -> "Privileges | None":
        """None when neither is asked for. Raises SennitError serve.E001 for a name that is not there, or without the right."""
        if user is None and group is None:
            return None
        try:
            entry = pwd.getpwuid(os.getuid()) if user is None else _user(user)
            number = entry.pw_gid if group is None else _group(group)
        except KeyError as error:
            raise _cannot(f"there is no user or group {error.args[0]!r}", "create it, or name another one") from None
        wanted = cls(entry.pw_uid, number, tuple(os.getgrouplist(entry.pw_name, number)))
        if os.geteuid() != 0 and (wanted.user, wanted.group) != (os.getuid(), os.getgid()):
            raise _cannot(
                f"only root can become the user {entry.pw_name!r} with the group {number}",
                "start as root (systemd does), or leave out --user and --group",
            )
        return wanted

    def assume(self) -> None:
        """For good: groups first, because without root they could not be changed any more."""
        if os.geteuid() != 0:
            return
        os.setgroups(self.groups)
        os.setgid(self.group)
        os.setuid(self.user)


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError:
        raise KeyError(name) from None


def _group(name: str) -> int:
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise KeyError(name) from None


def _cannot(what: str, fix: str) -> SennitError:
    return SennitError(code="serve.E001", what=what, where="--user, --group", fix=fix)
