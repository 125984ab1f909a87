"""The policies of the supervisor, each by itself: no process, no waiting."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass

import pytest

from sennit.errors import SennitError
from sennit.supervisor import (
    Beat,
    ChannelClosed,
    Drain,
    ListeningSockets,
    Notifier,
    PidFile,
    Plan,
    Privileges,
    Ready,
    Sockets,
    running_process,
    usable_cores,
    worker_end,
)
from sennit.supervisor.back_off import BackOff
from sennit.supervisor.channel import MOST_LINE, supervisor_end
from sennit.supervisor.listening import shares
from sennit.supervisor.recycling import Recycling
from sennit.supervisor.watching import HANG_S, LATE_S, START_S, fault, is_late


def plan(**options):
    return Plan("app", [], [], has_services=False, workers=2, drain_s=30, hang_s=30, **options)


class TestBackOff:
    def test_one_that_dies_young_is_waited_for_longer_each_time_up_to_thirty_seconds(self):
        back_off = BackOff()
        assert [back_off.after(0.5) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]

    def test_one_that_had_lived_is_replaced_at_once_and_ends_the_row(self):
        back_off = BackOff()
        back_off.after(0)
        assert (back_off.after(3600), back_off.after(0)) == (0, 1)


class TestWatching:
    @dataclass
    class Watched:
        born_at: float = 100.0
        heard_at: float = 100.0
        ready_at: float | None = 100.0
        drained_by: float | None = None
        plan: Plan | None = None

    def test_a_worker_without_a_beat_is_late_then_hung(self):
        worker = self.Watched()
        assert not is_late(worker, 100 + LATE_S - 0.1) and is_late(worker, 100 + LATE_S)
        assert fault(worker, 100 + HANG_S - 0.1) == ""
        assert "stood still for 30 s" in fault(worker, 100 + HANG_S)

    def test_one_that_starts_may_take_longer(self):
        worker = self.Watched(ready_at=None)
        assert fault(worker, 100 + START_S - 1) == ""
        assert "not ready" in fault(worker, 100 + START_S)

    def test_one_that_drains_has_its_time(self):
        worker = self.Watched(drained_by=110.0)
        assert fault(worker, 109.9) == ""
        assert "drain time" in fault(worker, 110)


class TestRecycling:
    def test_the_number_of_requests_has_a_jitter_of_a_tenth(self):
        recycling = Recycling(plan(max_requests=1000), lambda: 0.5)
        assert recycling.reason(Beat(1049, 0)) == ""
        assert "1050 requests" in recycling.reason(Beat(1050, 0))

    def test_memory_is_looked_at_in_octets(self):
        recycling = Recycling(plan(max_memory=100 << 20), lambda: 0)
        assert recycling.reason(Beat(0, 100 << 20)) == ""
        assert "150 MiB" in recycling.reason(Beat(0, 150 << 20))

    def test_without_limits_a_worker_lives_on(self):
        assert Recycling(plan(), lambda: 1).reason(Beat(1 << 40, 1 << 50)) == ""


class TestSharing:
    def test_each_worker_listens_on_its_own_socket(self):
        assert shares(3, [0, 1, 2]) == {0: {0}, 1: {1}, 2: {2}}

    def test_the_sockets_of_the_dead_are_dealt_out_among_the_living(self):
        assert shares(4, [1, 3]) == {1: {0, 1}, 3: {2, 3}}

    def test_two_generations_may_have_one_slot(self):
        assert shares(2, [0, 0, 1]) == {0: {0}, 1: {1}}

    def test_nobody_is_there(self):
        assert shares(2, []) == {}


class TestListeningSockets:
    def test_slots_have_sockets_of_their_own_on_one_port(self):
        held = ListeningSockets()
        for slot in range(2):
            held.open("tcp://127.0.0.1:0", slot)
        (first,), (second,) = held.of("tcp://127.0.0.1:0", [0]), held.of("tcp://127.0.0.1:0", [1])
        assert first.getsockname() == second.getsockname()
        assert (first is second) == (sys.platform != "linux")
        held.close()

    def test_other_options_are_no_other_address(self):
        held = ListeningSockets()
        held.open("tcp://127.0.0.1:0?backlog=5", 0)
        held.open("tcp://127.0.0.1:0?backlog=9", 0)
        assert len(held.of("tcp://127.0.0.1:0?backlog=9", [0])) == 1
        held.close()

    def test_what_new_code_does_not_name_is_closed(self, tmp_path):
        held, path = ListeningSockets(), f"unix://{tmp_path}/s"
        held.open(path, 0)
        held.open(path, 1)
        assert len(held.of(path, [0, 1])) == 1
        held.keep_only([])
        assert not (tmp_path / "s").exists()

    def test_a_port_of_another_program_is_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SennitError) as caught:
            ListeningSockets().open(f"tcp://127.0.0.1:{taken.getsockname()[1]}", 0)
        assert caught.value.code == "net.E004"


class TestChannel:
    @pytest.fixture
    def ends(self):
        ours, theirs = socket.socketpair()
        channels = supervisor_end(ours), worker_end(theirs)
        yield channels
        for channel in channels:
            channel.close()

    def test_messages_arrive_with_their_sockets(self, ends):
        supervisor, worker = ends
        with socket.create_server(("127.0.0.1", 0)) as listening:
            supervisor.send(Sockets({"tcp://:1": 1}), [listening.fileno()])
            supervisor.send(Drain(hands_over=True))
            messages = worker.receive()
            while len(messages) < 2:
                messages += worker.receive()
            assert messages == [Sockets({"tcp://:1": 1}), Drain(hands_over=True)]
            (received,) = worker.take_sockets(1)
            assert received.getsockname() == listening.getsockname() and not received.get_inheritable()
            received.close()

    def test_nothing_is_there_yet(self, ends):
        assert ends[0].receive() == []

    def test_sockets_that_did_not_come_are_missed(self, ends):
        with pytest.raises(ChannelClosed):
            ends[1].take_sockets(1)

    @pytest.mark.parametrize(
        "octets", [b"{}\n", b"\xff\n", b'{"type":"Drain"}\n'], ids=["no type", "no text", "not its own"]
    )
    def test_what_is_no_message_closes_it(self, ends, octets):
        supervisor, worker = ends
        worker._end.send(octets)
        with pytest.raises(ChannelClosed):
            supervisor.receive()

    def test_a_message_without_an_end_is_not_kept(self, ends):
        supervisor, worker = ends
        with pytest.raises(ChannelClosed):
            for _ in range(2 * MOST_LINE // 1000):
                worker._end.send(b"x" * 1000)
                supervisor.receive()

    def test_the_end_of_the_other_is_told(self, ends):
        supervisor, worker = ends
        worker.send(Ready([]))
        worker.close()
        assert supervisor.receive() == [Ready([])]
        with pytest.raises(ChannelClosed):
            supervisor.receive()

    def test_an_end_that_does_not_read_is_given_up(self, ends):
        with pytest.raises(ChannelClosed):
            for _ in range(100_000):
                ends[0].send(Drain(hands_over=False))


class TestPidFile:
    def test_it_holds_the_number_and_goes_at_the_end(self, tmp_path):
        file = PidFile(str(tmp_path / "app.pid"))
        file.take()
        assert running_process(file.path) == int((tmp_path / "app.pid").read_text()) == os.getpid()
        file.release()
        assert not (tmp_path / "app.pid").exists()

    def test_one_in_use_is_refused_with_its_number(self, tmp_path):
        first = PidFile(str(tmp_path / "app.pid"))
        first.take()
        with pytest.raises(SennitError) as caught:
            PidFile(first.path).take()
        assert caught.value.code == "serve.E002" and str(os.getpid()) in caught.value.what
        first.release()

    def test_that_of_a_dead_process_is_taken_over(self, tmp_path):
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
        (tmp_path / "app.pid").write_text(f"{done.pid}\n")
        file = PidFile(str(tmp_path / "app.pid"))
        file.take()
        file.release()

    def test_that_of_a_living_program_of_another_kind_is_refused(self, tmp_path):
        (tmp_path / "other.pid").write_text(f"{os.getppid()}\n")
        with pytest.raises(SennitError) as caught:
            PidFile(str(tmp_path / "other.pid")).take()
        assert caught.value.code == "serve.E002"

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
    def test_a_number_that_was_given_to_a_later_process_does_not_count(self, tmp_path):
        (tmp_path / "old.pid").write_text(f"{os.getppid()}\n")
        os.utime(tmp_path / "old.pid", (1, 1))
        file = PidFile(str(tmp_path / "old.pid"))
        file.take()
        file.release()

    def test_a_folder_that_is_not_there_is_said(self, tmp_path):
        with pytest.raises(SennitError) as caught:
            PidFile(str(tmp_path / "none" / "app.pid")).take()
        assert caught.value.code == "serve.E003"

    def test_nothing_runs(self, tmp_path):
        with pytest.raises(SennitError) as caught:
            running_process(str(tmp_path / "app.pid"))
        assert caught.value.code == "serve.E004"


class TestNotifier:
    def test_systemd_hears_how_things_stand(self, tmp_path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(tmp_path / "notify"))
            notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"})
            assert notifier.watchdog_s == 20
            notifier.ready("serving")
            notifier.reloading()
            notifier.alive()
            notifier.stopping()
            told = [systemd.recv(1000).decode() for _ in range(4)]
        assert told[0] == f"READY=1\nMAINPID={os.getpid()}\nSTATUS=serving"
        assert told[1].startswith("RELOADING=1\nMONOTONIC_USEC=") and told[1].rpartition("=")[2].isdigit()
        assert told[2:] == ["WATCHDOG=1", "STOPPING=1"]

    def test_nobody_listens(self, tmp_path):
        Notifier({}).ready("serving")
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("serving")

    def test_the_watchdog_of_another_process_is_not_ours(self):
        environ = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
        assert Notifier(environ).watchdog_s == 0


class TestPrivileges:
    def test_none_are_asked_for(self):
        assert Privileges.of(None, None) is None

    def test_a_user_who_is_not_there_is_said(self):
        with pytest.raises(SennitError) as caught:
            Privileges.of("no such user", None)
        assert caught.value.code == "serve.E001" and "no such user" in caught.value.what

    def test_ones_own_are_always_there(self):
        own = Privileges.of(str(os.getuid()), str(os.getgid()))
        assert own is not None and (own.user, own.group) == (os.getuid(), os.getgid())

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give privileges up")
    def test_groups_are_given_up_before_the_user(self):
        code = (
            "import os; from sennit.supervisor import Privileges\n"
            "Privileges.of('nobody', None).assume(); print(os.getuid(), os.getgid(), os.getgroups())\n"
            "try: os.setuid(0)\nexcept PermissionError: print('for good')"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        user = Privileges.of("nobody", None)
        assert done.stdout.split("\n")[:2] == [f"{user.user} {user.group} {sorted(user.groups)}", "for good"]


class TestCores:
    def test_a_quota_of_the_container_counts(self, tmp_path):
        file = tmp_path / "cpu.max"
        file.write_text("50000 100000\n")
        assert usable_cores(file) == 1

    @pytest.mark.parametrize("text", ["max 100000\n", "nonsense", None], ids=["no quota", "nonsense", "no file"])
    def test_else_those_that_the_process_may_run_on(self, tmp_path, text):
        if text is not None:
            (tmp_path / "cpu.max").write_text(text)
        assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "not there") >= 1
