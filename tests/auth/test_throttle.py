import pytest

from sennit.auth.throttle import FIRST_DELAY_S, FREE_TRIES, LONGEST_DELAY_S, WINDOW_S, Throttle


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return Throttle(clock=clock)


def addresses():
    n = 0
    while True:
        n += 1
        yield f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def test_five_tries_are_free_and_the_sixth_waits(throttle):
    assert [throttle.admit("ann", "192.0.2.1") for _ in range(FREE_TRIES)] == [0] * FREE_TRIES
    assert throttle.admit("ann", "192.0.2.1") == FIRST_DELAY_S


def test_the_delay_doubles_with_each_further_try_up_to_its_limit(throttle, clock):
    waits = []
    for _ in range(40):
        wait = throttle.admit("ann", "192.0.2.1")
        waits.append(wait)
        clock.now += wait
    grown = [wait for wait in waits if wait]
    assert grown[:4] == [15, 30, 60, 120]
    assert max(grown) <= LONGEST_DELAY_S


def test_a_refused_try_is_not_counted(throttle, clock):
    for _ in range(FREE_TRIES):
        throttle.admit("ann", "192.0.2.1")
    for _ in range(50):
        assert throttle.admit("ann", "192.0.2.1") == FIRST_DELAY_S
    clock.now += FIRST_DELAY_S
    assert throttle.admit("ann", "192.0.2.1") == 0


def test_tries_older_than_the_window_are_forgotten(throttle, clock):
    for _ in range(FREE_TRIES - 1):
        throttle.admit("ann", "192.0.2.1")
    clock.now += WINDOW_S + 1
    assert [throttle.admit("ann", "192.0.2.1") for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_one_account_is_slowed_down_from_whatever_addresses(throttle):
    source = addresses()
    assert [throttle.admit("ann", next(source)) for _ in range(FREE_TRIES)] == [0] * FREE_TRIES
    assert throttle.admit("ann", next(source)) > 0


def test_one_address_is_slowed_down_over_many_accounts(throttle):
    for n in range(FREE_TRIES):
        assert throttle.admit(f"user{n}", "192.0.2.1") == 0
    assert throttle.admit("ann", "192.0.2.1") > 0
    assert throttle.admit("ann", "192.0.2.2") == 0


def test_the_owner_on_a_known_device_is_not_locked_out_by_others(throttle):
    source = addresses()
    for _ in range(50):
        throttle.admit("ann", next(source))
    assert throttle.admit("ann", "192.0.2.1") > 0
    assert throttle.admit("ann", "192.0.2.1", device="laptop") == 0


def test_a_known_device_is_slowed_down_too(throttle):
    source = addresses()
    waits = [throttle.admit("ann", next(source), device="laptop") for _ in range(FREE_TRIES + 1)]
    assert waits[-1] > 0


def test_success_forgives_the_owners_slips(throttle):
    for _ in range(20):
        for _ in range(3):
            assert throttle.admit("ann", "192.0.2.1") == 0
        throttle.succeeded("ann", "192.0.2.1")


def test_signing_in_to_an_own_account_buys_no_guesses_at_another(throttle):
    waits = []
    for _ in range(FREE_TRIES + 1):
        waits.append(throttle.admit("ann", "192.0.2.1"))
        throttle.admit("mallory", "192.0.2.1")
        throttle.succeeded("mallory", "192.0.2.1")
    assert waits[-1] > 0


@pytest.mark.parametrize("pair", [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.1", "192.0.2.1")])
def test_addresses_of_one_owner_count_as_one(throttle, pair):
    for n in range(FREE_TRIES):
        throttle.admit(f"user{n}", pair[0])
    assert throttle.admit("ann", pair[1]) > 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "/run/app.sock", "unix"])
def test_peers_behind_which_a_proxy_may_stand_count_by_account_only(throttle, address):
    for n in range(50):
        assert throttle.admit(f"user{n}", address) == 0


def test_memory_is_bounded_whatever_is_tried(clock):
    throttle = Throttle(clock=clock, most=100)
    source = addresses()
    for n in range(10_000):
        throttle.admit(f"user{n}", next(source), device=f"{n}")
    assert len(throttle._accounts) <= 100 and len(throttle._addresses) <= 100


def test_a_thousand_at_once_count_as_a_thousand(throttle):
    assert sum(throttle.admit("ann", "192.0.2.1") == 0 for _ in range(1000)) == FREE_TRIES
