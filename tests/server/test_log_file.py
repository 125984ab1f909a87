"""Batches of lines go to a file from a thread: never waited for, never without bound, reopened when asked."""

import os
import threading

import pytest

from sennit import SennitError
from sennit.server import LogFile


def test_lines_are_appended(tmp_path):
    path = tmp_path / "access.log"
    path.write_bytes(b"before\n")
    file = LogFile(path)
    file.write(b"one\ntwo\n", 2)
    file.write(b"three\n", 1)
    file.close()
    assert path.read_bytes() == b"before\none\ntwo\nthree\n"
    assert path.stat().st_mode & 0o007 == 0o004  # made by this test; LogFile's own files are not for everybody


def test_a_file_of_its_own_is_not_for_everybody(tmp_path):
    LogFile(tmp_path / "fresh.log").close()
    assert (tmp_path / "fresh.log").stat().st_mode & 0o007 == 0


def test_after_a_move_it_goes_on_in_a_new_file(tmp_path):
    path = tmp_path / "access.log"
    file = LogFile(path)
    file.write(b"old\n", 1)
    os.rename(path, tmp_path / "access.log.1")
    file.reopen()
    file.write(b"new\n", 1)
    file.close()
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "access.log.1").read_bytes() == b"old\n"


def test_when_that_cannot_be_opened_it_goes_on_in_the_old_one(tmp_path, caplog):
    folder = tmp_path / "logs"
    folder.mkdir()
    file = LogFile(folder / "access.log")
    os.rename(folder, tmp_path / "moved")
    file.reopen()
    file.write(b"kept\n", 1)
    file.close()
    assert (tmp_path / "moved" / "access.log").read_bytes() == b"kept\n"
    assert "old file" in caplog.text


class TestASlowReader:  # threat R44: the access log cannot block the loop
    def test_costs_lines_and_not_time(self, tmp_path, caplog):
        reading, writing = os.pipe()
        fifo = LogFile(None, most_waiting=1000)
        fifo._descriptor = writing
        filling = os.get_blocking(writing) and _fill(writing)
        for _ in range(10):
            fifo.write(b"x" * 299 + b"\n", 1)
        assert fifo.dropped == 7
        assert caplog.text.count("cannot keep up") == 1
        os.set_blocking(reading, False)
        assert len(os.read(reading, 1 << 20)) == filling
        fifo.close()
        assert len(os.read(reading, 1 << 20)) == 900
        os.close(reading)
        os.close(writing)


def _fill(pipe: int) -> int:
    """Until nothing more fits."""
    os.set_blocking(pipe, False)
    written = 0
    try:
        while True:
            written += os.write(pipe, b"\0" * 4096)
    except BlockingIOError:
        os.set_blocking(pipe, True)
        return written


def test_a_failing_write_is_counted_and_said_once(tmp_path, caplog):
    file = LogFile(None)
    file._descriptor = os.open(os.devnull, os.O_RDONLY)
    for _ in range(3):
        file.write(b"lost\nlost\n", 2)
    file.close()
    assert file.dropped == 6
    assert caplog.text.count("cannot be written") == 1
    os.close(file._descriptor)


def test_no_thread_is_there_before_the_first_line(tmp_path):
    before = threading.active_count()
    file = LogFile(tmp_path / "access.log")
    assert threading.active_count() == before
    file.close()


def test_a_file_that_cannot_be_opened_is_an_error_at_start(tmp_path):
    with pytest.raises(SennitError) as caught:
        LogFile(tmp_path / "nothing" / "access.log")
    assert caught.value.code == "settings.E010"
