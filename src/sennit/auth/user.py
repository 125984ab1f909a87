"""The stock model of users, for programs that need nothing more. Its table exists only where it is used."""

from .account import Account


class User(Account, table="users", order_by="username"):
    """Who can sign in: id, username, email, is_active, is_staff, permissions, created_at, last_seen_at."""
