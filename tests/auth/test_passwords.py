import asyncio
import subprocess
import sys

import pytest

from sennit.auth.passwords import (
    MOST_CHARACTERS,
    Argon2Hasher,
    Passwords,
    ScryptHasher,
    installed_hashers,
    is_password_hash,
)

argon2 = Argon2Hasher(memory=8, passes=1, lanes=1)
scrypt = ScryptHasher(n=16)


@pytest.fixture(params=[argon2, scrypt], ids=["argon2", "scrypt"])
def hasher(request):
    return request.param


async def test_a_password_is_verified_against_its_own_hash_only(hasher):
    passwords = Passwords(hasher)
    encoded = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", encoded)
    assert not await passwords.verify("correct horsf", encoded)
    assert not await passwords.verify("", encoded)


async def test_two_hashes_of_one_password_differ(hasher):
    passwords = Passwords(hasher)
    assert await passwords.hash("same") != await passwords.hash("same")


async def test_the_same_characters_from_another_keyboard_are_the_same_password(hasher):
    passwords = Passwords(hasher)
    assert await passwords.verify("cafe\u0301", await passwords.hash("caf\u00e9"))


@pytest.mark.parametrize(
    "encoded",
    [
        None,
        "",
        "$argon2id$",
        "$argon2id$v=19$m=1",
        "scrypt$",
        "scrypt$a$b$c$d$e",
        "x" * 5000,
        "scrypt$16$8$1$****$****",
        "scrypt$99999999999$8$1$AAAA$AAAA",
        "plain",
    ],
)
async def test_what_is_no_hash_verifies_nothing(encoded):
    passwords = Passwords(argon2, scrypt)
    assert not await passwords.verify("plain", encoded)
    assert not await passwords.verify("", encoded)


@pytest.mark.parametrize("password", ["\0", "a\0b", "\ud800", "🦑" * 200, " "])
async def test_any_characters_may_be_in_a_password(hasher, password):
    passwords = Passwords(hasher)
    assert await passwords.verify(password, await passwords.hash(password))


async def test_a_password_over_the_limit_is_never_right(hasher):
    long = "x" * (MOST_CHARACTERS + 1)
    passwords = Passwords(hasher)
    assert not await passwords.verify(long, await passwords.hash(long))


async def test_hashes_of_the_other_way_or_other_parameters_are_outdated():
    passwords = Passwords(argon2, scrypt)
    assert not passwords.is_outdated(argon2.hash("x"))
    assert passwords.is_outdated(scrypt.hash("x"))
    assert passwords.is_outdated(Argon2Hasher(memory=16, passes=1, lanes=1).hash("x"))
    assert Passwords(scrypt).is_outdated(ScryptHasher(n=32).hash("x"))
    assert await passwords.verify("x", scrypt.hash("x"))


class Counting:
    """Counts the work done, which is what time is made of, without a clock that a busy machine disturbs."""

    prefix = argon2.prefix

    def __init__(self) -> None:
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return argon2.hash(password)

    def verify(self, password: str, encoded: str) -> bool:
        self.verified.append(encoded)
        return argon2.verify(password, encoded)

    def is_outdated(self, encoded: str) -> bool:
        return argon2.is_outdated(encoded)


@pytest.mark.parametrize("encoded", [None, "", "plain", argon2.hash("right")], ids=["unknown", "none", "odd", "wrong"])
async def test_an_unknown_account_costs_as_much_as_a_wrong_password(encoded):
    hasher = Counting()
    passwords = Passwords(hasher)
    for _ in range(3):
        assert not await passwords.verify("wrong", encoded)
    assert len(hasher.verified) == 3
    assert all(argon2.is_outdated(each) is False for each in hasher.verified)  # same parameters


async def test_the_loop_runs_on_while_passwords_are_hashed():
    passwords = Passwords(Argon2Hasher(memory=32768, passes=4, lanes=1))
    hashing = asyncio.create_task(passwords.hash("x"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


async def test_too_many_at_once_are_refused_not_queued():
    from sennit.errors import ServiceUnavailable

    passwords = Passwords(argon2)
    answers = await asyncio.gather(*(passwords.hash("x") for _ in range(200)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, ServiceUnavailable)]
    assert 0 < len(refused) < 200
    assert await passwords.hash("x")


def test_what_is_stored_as_a_password_must_be_a_hash():
    assert is_password_hash(argon2.hash("x")) and is_password_hash(scrypt.hash("x")) and is_password_hash("")
    assert not is_password_hash("swordfish")


def test_argon2_is_used_when_it_is_installed():
    assert [hasher.prefix for hasher in installed_hashers()] == ["$argon2", "scrypt$"]


def test_without_argon2_scrypt_does_the_work():
    program = (
        "import sys; sys.modules['argon2'] = None\n"
        "from sennit.auth.passwords import installed_hashers\n"
        "assert [h.prefix for h in installed_hashers()] == ['scrypt$']\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
