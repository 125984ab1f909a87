"""Listening sockets: both families, Unix sockets and who may use them, descriptors."""

import grp
import os
import pwd
import socket
import stat

import pytest

from sennit.errors import SennitError
from sennit.net import Endpoint, sockets
from sennit.net.sockets import open_sockets


def closing(opened):
    for one in opened:
        one.close()


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_everywhere_is_both_families_on_one_port():
    opened = open_sockets(Endpoint.parse("tcp:*:0"))
    families = [one.family for one in opened]
    ports = {one.getsockname()[1] for one in opened}
    closing(opened)
    assert families == [socket.AF_INET, socket.AF_INET6][: 1 + has_ipv6()]
    assert len(ports) == 1


def test_a_family_that_the_machine_lacks_is_left_out(monkeypatch):
    real = sockets._tcp_socket

    def without_ipv6(endpoint, family, address):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(endpoint, family, address)

    monkeypatch.setattr(sockets, "_tcp_socket", without_ipv6)
    opened = open_sockets(Endpoint.parse("tcp:*:0"))
    closing(opened)
    assert [one.family for one in opened] == [socket.AF_INET]
    with pytest.raises(SennitError) as caught:
        open_sockets(Endpoint.parse("tcp:[::1]:0"))
    assert caught.value.code == "net.E004"


def test_a_port_taken_in_one_family_is_an_error_and_leaves_nothing_open():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SennitError) as caught:
        open_sockets(Endpoint.parse(f"tcp:*:{taken.getsockname()[1]}"))
    assert caught.value.code == "net.E004"


class TestUnix:
    def test_mode_owner_and_group_hold_before_it_listens(self, tmp_path):
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        closing(open_sockets(Endpoint.parse(f"unix:{tmp_path}/s:mode=620:owner={user}:group={group}")))
        found = os.stat(tmp_path / "s")
        assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o620, os.getuid(), os.getgid())

    def test_numbers_are_taken_too(self, tmp_path):
        closing(open_sockets(Endpoint.parse(f"unix:{tmp_path}/s:owner={os.getuid()}")))

    def test_an_owner_that_is_not_there_is_said_and_no_socket_left(self, tmp_path):
        with pytest.raises(SennitError) as caught:
            open_sockets(Endpoint.parse(f"unix:{tmp_path}/s:owner=no-such-user-here"))
        assert caught.value.code == "net.E029"
        assert not (tmp_path / "s").exists()

    def test_one_on_which_somebody_listens_is_left_alone(self, tmp_path):
        path = str(tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen(1)
            with pytest.raises(SennitError) as caught:
                open_sockets(Endpoint.parse(f"unix:{path}"))
        assert caught.value.code == "net.E004" and "another program listens" in caught.value.fix
        assert os.path.exists(path)

    def test_one_whose_backlog_is_full_is_left_alone_too(self, tmp_path):
        path = str(tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen(0)
            waiting = []
            for _ in range(4):
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                try:
                    waiting[-1].connect(path)
                except BlockingIOError:
                    break
            with pytest.raises(SennitError):
                open_sockets(Endpoint.parse(f"unix:{path}"))
            closing(waiting)
        assert os.path.exists(path)

    def test_a_file_that_is_no_socket_is_never_removed(self, tmp_path):
        (tmp_path / "notes").write_text("mine")
        with pytest.raises(SennitError) as caught:
            open_sockets(Endpoint.parse(f"unix:{tmp_path}/notes"))
        assert "no socket is in the way" in caught.value.what
        assert (tmp_path / "notes").read_text() == "mine"


class TestDescriptors:
    def test_a_descriptor_that_is_no_stream_socket_is_said(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, pytest.raises(SennitError) as caught:
            open_sockets(Endpoint.parse(f"fd:{datagrams.fileno()}"))
        assert caught.value.code == "net.E029"

    def test_one_that_is_not_open_is_said(self):
        with pytest.raises(SennitError) as caught:
            open_sockets(Endpoint.parse("fd:987654"))
        assert caught.value.code == "net.E004"
