"""Slow and many clients (threats R15, R16, R18 of the threat model), against real processes."""

import os
import select
import sys
import time

import pytest

from conformance.wire import Conversation, answer

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
ATTACKERS = 200
MIB = 1024 * 1024

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ATTACKS = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: ",
    "drip of CRLF": b"\r\n",
    "half a body": b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\nx",
    "half a chunk": b"POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx",
    "no reader": b"GET /large/300000 HTTP/1.1\r\nHost: a.example\r\n\r\n",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_r15_others_are_served_within_a_second_by_two_hundred_attackers(server, talk, attack):
    attackers = [server.connect() for _ in range(ATTACKERS)]
    try:
        for attacker in attackers:
            attacker.sendall(attack)
        waited = []
        for _ in range(3):
            for attacker in attackers[::10]:  # a drip
                attacker.send(b"x" if attack.startswith(b"GET / ") else b"")
            began = time.monotonic()
            talk_once(talk())
            waited.append(time.monotonic() - began)
        assert min(waited) < 1  # the least of three: the machine may be busy with something else
    finally:
        for attacker in attackers:
            attacker.close()
    talk_once(talk())


def talk_once(client: Conversation) -> None:
    client.send(GET)
    client.expect(answer(200, b"hello"))


@linux
def test_r15_memory_is_not_set_aside_for_a_length_that_was_announced(server, talk):
    """A hundred bodies of 64 MiB are announced: 6 GiB, of which nothing has come."""
    talk_once(talk())
    before = resident(server)
    clients = [talk() for _ in range(100)]
    for client in clients:
        client.send(b"POST /huge HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\nx" % (64 * MIB))
    talk_once(talk())
    assert resident(server) - before < 16 * MIB


@linux
def test_r16_a_client_that_pipelines_and_never_reads_costs_less_than_32_mib(server, talk):
    talk_once(talk())
    before = resident(server)
    client = talk()
    client.line.setblocking(False)
    sent = 0
    requests = b"GET /large/1000000 HTTP/1.1\r\nHost: a.example\r\n\r\n" * 1000
    for _ in range(50):
        if not select.select([], [client.line], [], 0)[1]:
            break
        sent += client.line.send(requests)
    talk_once(talk())
    assert resident(server) - before < 32 * MIB
    assert sent > 0


@linux
def test_r16_nor_does_one_that_sends_a_body_that_is_not_read(server, talk, request):
    before = resident(server)
    client = talk()
    gate = f"body-{request.node.callspec.id}"
    client.send(f"POST /wait/{gate} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 60000000\r\n\r\n".encode())
    client.line.setblocking(False)
    while select.select([], [client.line], [], 0)[1]:
        client.line.send(b"x" * MIB)
        if resident(server) - before > 64 * MIB:
            break
    talk_once(talk())
    assert resident(server) - before < 32 * MIB


def resident(server) -> int:
    """Octets of memory that the process holds."""
    with open(f"/proc/{server.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
