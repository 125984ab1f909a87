"""`sennit serve` from outside: start, reload, replacement, recycling, stop. Each test is a real supervisor with real workers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

INDEX = '\n@app.get("/")\nasync def index():\n    return f"{os.getpid()} one"\n'
TWO = INDEX.replace("one", "two")
BROKEN = INDEX + "def forgotten(:\n"
TICKS = '\n@app.every(0.05)\nasync def tick():\n    print("tick", os.getpid(), file=sys.stderr, flush=True)\n'
SLOW = '\n@app.get("/slow")\nasync def slow():\n    await asyncio.sleep(0.5)\n    return "done"\n'
STREAM = (
    "\nfrom sennit import EventStream\n"
    '\n@app.get("/events")\nasync def events():\n'
    "    async def forever():\n        yield 1\n        await asyncio.Event().wait()\n"
    "    return EventStream(forever())\n"
)


class TestStart:
    async def test_as_many_workers_as_asked_for_answer_on_one_port(self, served):
        server = await served(INDEX, "--workers", "2")
        workers = await server.serves()
        answers = {int((await server.get()).split()[0]) for _ in range(40)}
        assert answers == set(workers)

    async def test_a_mistake_in_the_program_is_shown_once_with_its_line_and_ends_the_start(self, served):
        server = await served(BROKEN, "--workers", "2")
        assert await server.ended() == 1
        assert sum("SyntaxError" in line for line in server.log) == 1
        assert any('program.py", line 9' in line for line in server.log)

    async def test_a_coded_mistake_keeps_its_form(self, served):
        server = await served("\napp = App()\n" + INDEX)
        assert await server.ended() == 1
        assert server.log[0].startswith("error settings.E006")

    async def test_services_that_cannot_start_end_the_start(self, served):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            endpoint = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
            program = f'\n@app.connection("{endpoint}")\nasync def lines(conn):\n    pass\n'
            server = await served(INDEX + program)
            assert await server.ended() == 1
        assert "error net.E004" in server.log[0]

    async def test_a_second_server_on_the_same_port_is_refused(self, served, tmp_path):
        server = await served(INDEX, "--workers", "1")
        await server.serves()
        command = [sys.executable, "-m", "sennit", "serve", "program.py", "--bind", f"tcp:127.0.0.1:{server.port}"]
        second = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True)
        assert second.returncode == 1
        assert "net.E004" in second.stderr and "another program listens there" in second.stderr

    async def test_a_unix_socket_is_served_by_all_and_removed_by_nobody_but_the_last(self, served, tmp_path):
        path = str(tmp_path / "s")
        server = await served(INDEX, "--workers", "2", bind=f"unix:{path}")
        old = await server.serves()
        await server.reload(TWO)
        for pid in old:
            await server.said(f"worker {pid} has ended")
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET / HTTP/1.0\r\nhost: localhost\r\n\r\n")
        assert (await reader.read()).endswith(b" two")
        writer.close()
        server.process.terminate()
        assert await server.ended() == 0
        assert not os.path.exists(path)


class TestReload:
    async def test_new_code_answers_and_the_old_workers_end(self, served):
        server = await served(INDEX, "--workers", "2")
        old = await server.serves()
        assert (await server.get()).endswith("one")
        await server.reload(TWO)
        for pid in old:
            await server.said(f"worker {pid} has ended")
        assert {(await server.get()).split()[1] for _ in range(10)} == {"two"}

    async def test_what_is_in_hand_is_finished_by_the_old_worker(self, served):
        server = await served(INDEX + SLOW, "--workers", "1")
        await server.serves()
        slow = asyncio.create_task(server.get("/slow"))
        await server.get()
        await server.reload(TWO)
        assert await slow == "done"

    async def test_an_idle_connection_is_told_with_its_next_answer(self, served):
        server = await served(INDEX, "--workers", "1")
        (old,) = await server.serves()
        reader, writer = await server.connect()
        await ask(reader, writer)
        await server.reload(TWO)
        await server.said(rf"\[{old}\] draining")
        head = b""
        while b"connection: close" not in head:  # it says so a moment before it does so
            head, body = await ask(reader, writer)
            assert body.split() == [str(old).encode(), b"one"]
        assert await reader.read() == b""
        writer.close()
        await server.said(f"worker {old} has ended")

    async def test_a_websocket_is_closed_with_1012_and_a_stream_of_events_ends(self, served):
        program = '\n@app.websocket("/ws")\nasync def ws(ws):\n    async for _ in ws:\n        pass\n'
        server = await served(INDEX + STREAM + program, "--workers", "1")
        await server.serves()
        reader, writer = await server.connect()
        writer.write(
            b"GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        events = asyncio.create_task(server.get("/events"))
        await server.get()
        await server.reload()
        assert await reader.readexactly(4) == b"\x88\x02" + (1012).to_bytes(2, "big")
        assert "data: 1" in await events
        writer.close()

    async def test_broken_code_is_logged_with_its_line_and_the_old_workers_go_on(self, served):
        server = await served(INDEX, "--workers", "2")
        workers = await server.serves()
        log = await server.reload(BROKEN, "the reload failed")
        assert any('program.py", line 9' in line for line in log)
        assert int((await server.get()).split()[0]) in workers
        await server.reload(TWO)
        await server.said(f"worker {workers[0]} has ended")
        await server.said(f"worker {workers[1]} has ended")
        assert (await server.get()).endswith("two")

    async def test_many_signals_at_once_make_two_reloads_at_most(self, served):
        server = await served(INDEX, "--workers", "1")
        await server.serves()
        for _ in range(20):
            server.process.send_signal(signal.SIGHUP)
        await server.said("serving with", after=len(server.log))
        server.process.terminate()
        await server.ended()
        assert sum("reloading" in line for line in server.log) <= 2

    async def test_the_command_finds_the_process_by_its_pid_file(self, served, tmp_path):
        server = await served(INDEX, "--workers", "1", "--pid-file", "app.pid")
        await server.serves()
        assert int((tmp_path / "app.pid").read_text()) == server.process.pid
        lines = len(server.log)
        command = [sys.executable, "-m", "sennit", "reload", "--pid-file", "app.pid"]
        done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0 and str(server.process.pid) in done.stdout
        await server.said("serving with", lines)
        server.process.terminate()
        await server.ended()
        assert not (tmp_path / "app.pid").exists()
        done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1 and "serve.E004" in done.stderr

    async def test_a_stop_does_not_wait_for_idle_connections_of_workers_before_it(self, served):
        server = await served(INDEX, "--workers", "1")
        (old,) = await server.serves()
        reader, writer = await server.connect()
        await ask(reader, writer)
        await server.reload(TWO)
        await server.said(rf"\[{old}\] draining")
        server.process.terminate()
        assert await reader.read() == b""
        assert await server.ended() == 0
        writer.close()


class TestReplacement:
    async def test_a_killed_worker_is_replaced_and_nobody_waits_for_it(self, served):
        server = await served(INDEX, "--workers", "2")
        victim, survivor = await server.serves()
        os.kill(victim, signal.SIGKILL)
        await server.said(rf"worker {victim} was ended by SIGKILL")
        assert {int((await server.get()).split()[0]) for _ in range(20)} == {survivor}
        heir = (await server.said(r"worker (\d+) is ready", after=len(server.log)))[1]
        while not (await server.get()).startswith(heir):
            pass

    async def test_a_worker_that_hangs_shows_where_and_is_replaced(self, served):
        hang = '\n@app.get("/hang")\nasync def hang():\n    time.sleep(60)\n'
        server = await served(INDEX + hang, "--workers", "1", "--hang", "5")
        (stuck,) = await server.serves()
        hanging = asyncio.create_task(server.get("/hang"))
        await server.said(rf"worker {stuck} was ended by SIGKILL.*stood still for 5 s")
        assert any(", line 12 in hang" in line for line in server.log)
        assert await hanging == ""
        await server.said(r"worker \d+ is ready", after=len(server.log) - 1)
        assert (await server.get()).endswith("one")

    async def test_workers_without_a_supervisor_end(self, served):
        server = await served(INDEX, "--workers", "2")
        await server.serves()
        server.process.kill()
        await server.ended()  # standard error closes when the last of them has ended
        assert sum("the supervisor has gone" in line for line in server.log) == 2


class TestServices:
    async def test_periodic_work_runs_in_one_worker_and_is_taken_over_when_it_dies(self, served):
        server = await served(INDEX + TICKS, "--workers", "2")
        workers = await server.serves()
        first = int((await server.said(r"tick (\d+)"))[1])
        os.kill(first, signal.SIGKILL)
        await server.said(f"worker {first} was ended")
        ticks = len(server.log)
        second = int((await server.said(r"tick (\d+)", ticks))[1])
        assert {first, second} == set(workers)
        (third,) = {int(pid) for pid in [(await server.said(r"worker (\d+) is ready", ticks))[1]]}
        assert not any(f"tick {third}" in line for line in server.log)

    async def test_a_connection_waits_for_the_next_worker_instead_of_being_refused(self, served):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        lines = (
            f'\n@app.connection("tcp:127.0.0.1:{port}", codec=net.lines(max=100))\nasync def lines(conn):\n'
            '    async for line in conn:\n        await conn.send(f"{os.getpid()} {line}")\n'
        )
        server = await served(INDEX + lines, "--workers", "2")
        await server.serves()
        first, writer = await say(port)
        writer.close()
        os.kill(first, signal.SIGKILL)
        second, writer = await say(port)
        assert second != first
        await server.reload(TWO + lines)
        await server.said(rf"\[(?!{first}|{second})\d+\] the services run")
        third, other = await say(port)
        assert third not in (first, second)
        writer.close()
        other.close()

    async def test_all_workers_run_what_asks_for_it(self, served):
        server = await served(INDEX + TICKS.replace("0.05", '0.05, workers="all"'), "--workers", "2")
        for pid in await server.serves():
            await server.said(f"tick {pid}")


class TestRecycling:
    async def test_a_worker_that_has_answered_enough_is_replaced_by_one_that_is_up_first(self, served):
        server = await served(INDEX, "--workers", "1", "--max-requests", "10")
        (old,) = await server.serves()
        for _ in range(12):
            await server.get()
        await server.said(rf"worker {old} is replaced: it has answered 1\d requests")
        heir = (await server.said(r"worker (\d+) is ready", after=len(server.log)))[1]
        await server.said(f"worker {old} has ended")
        assert (await server.get()).startswith(heir)

    async def test_a_worker_that_uses_too_much_memory_is_replaced(self, served):
        grow = (
            '\nheld = []\n@app.get("/grow")\nasync def grow():\n    held.append(bytes(200 << 20))\n    return "grown"\n'
        )
        server = await served(INDEX + grow.replace("bytes(", "b'x' * ("), "--workers", "1", "--max-memory", "150M")
        (old,) = await server.serves()
        assert await server.get("/grow") == "grown"
        await server.said(rf"worker {old} is replaced: it uses \d+ MiB")
        await server.said(f"worker {old} has ended")


class TestStop:
    async def test_what_is_in_hand_is_answered_first(self, served):
        server = await served(INDEX + SLOW, "--workers", "2")
        await server.serves()
        slow = asyncio.create_task(server.get("/slow"))
        await server.get()
        server.process.terminate()
        assert await slow == "done"
        assert await server.ended() == 0

    async def test_the_second_signal_stops_at_once(self, served):
        server = await served(INDEX + SLOW.replace("0.5", "60"), "--workers", "1")
        await server.serves()
        slow = asyncio.create_task(server.get("/slow"))
        await server.get()
        server.process.terminate()
        await server.said("stopping: ")
        server.process.send_signal(signal.SIGINT)
        await server.ended()
        assert await slow == ""

    async def test_one_more_and_one_fewer(self, served):
        server = await served(INDEX, "--workers", "1")
        await server.serves()
        server.process.send_signal(signal.SIGTTIN)
        more = (await server.said(r"worker (\d+) is ready", after=len(server.log)))[1]
        server.process.send_signal(signal.SIGTTOU)
        await server.said(f"worker {more} has ended")
        assert (await server.get()).endswith("one")


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bytes]:
    writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    return head, await reader.readexactly(length)


async def say(port: int) -> tuple[int, asyncio.StreamWriter]:
    """The worker that answers on the line protocol."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello\n")
    return int((await reader.readline()).split()[0]), writer
