from sennit.net.deadline import Deadlines


class Member:
    def __init__(self):
        self.seen = []

    def sweep(self, now):
        self.seen.append(now)


def test_every_member_is_swept_with_the_time_of_the_sweep(clock):
    deadlines, member = Deadlines(clock), Member()
    deadlines.add(member)
    clock.now += 5
    deadlines.sweep()
    assert member.seen == [1005.0] == [deadlines.now]


def test_a_member_that_left_is_not_swept(clock):
    deadlines, member = Deadlines(clock), Member()
    deadlines.add(member)
    deadlines.discard(member)
    deadlines.sweep()
    assert not member.seen


async def test_the_timer_sweeps_until_it_is_stopped(clock, monkeypatch):
    import asyncio

    monkeypatch.setattr("sennit.net.deadline.SWEEP_S", 0.001)
    deadlines, member = Deadlines(clock), Member()
    deadlines.add(member)
    deadlines.start()
    while len(member.seen) < 2:
        await asyncio.sleep(0)
    deadlines.stop()
