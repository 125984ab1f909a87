"""Answers in pieces."""

import asyncio

import pytest

TEXT = ((b"content-type", b"text/plain"),)


def streaming(*pieces, length=None, status=200):
    async def handler(exchange):
        await exchange.start(status, TEXT, length)
        for piece in pieces:
            await exchange.send(piece)
        await exchange.finish()

    return handler


async def test_without_a_length_it_is_chunked_and_the_connection_goes_on(serve, dial, request_for):
    client = await dial(await serve(streaming(b"one ", b"", b"two")))
    for _ in range(2):
        answer = await client.ask(request_for())
        assert answer.lines[b"transfer-encoding"] == b"chunked"
        assert answer.body == b"one two"


async def test_with_a_length_it_is_not(serve, dial, request_for):
    client = await dial(await serve(streaming(b"one ", b"two", length=7)))
    for _ in range(2):
        answer = await client.ask(request_for())
        assert (answer.lines[b"content-length"], answer.body) == (b"7", b"one two")


async def test_http_1_0_gets_the_end_of_the_connection_as_the_end(serve, dial, request_for):
    client = await dial(await serve(streaming(b"one ", b"two")))
    answer = await client.ask(request_for(version="1.0", connection="keep-alive"))
    assert (answer.closes, answer.body) == (True, b"one two")
    assert b"transfer-encoding" not in answer.lines


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_answers_without_a_body_send_none(serve, dial, request_for, method, status):
    client = await dial(await serve(streaming(b"one", status=status)))
    for _ in range(2):
        assert (await client.ask(request_for(method=method), method)).status == status


@pytest.mark.parametrize("pieces", [[b"too much"], [b"x"]])
async def test_another_length_than_announced_is_cut_and_never_looks_whole(serve, dial, request_for, caplog, pieces):
    client = await dial(await serve(streaming(*pieces, length=3)))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await client.ask(request_for())
    assert "http.E015" in caplog.text


async def test_an_exception_on_the_way_cuts_the_connection(serve, dial, request_for, caplog):
    async def broken(exchange):
        await exchange.start(200, TEXT)
        await exchange.send(b"some")
        raise ValueError("no")

    client = await dial(await serve(broken))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError, ValueError)):
        await client.ask(request_for())
    assert "ValueError" in caplog.text


async def test_an_answer_that_is_not_finished_is_cut(serve, dial, request_for, caplog):
    async def lazy(exchange):
        await exchange.start(200, TEXT)

    client = await dial(await serve(lazy))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError, ValueError)):
        await client.ask(request_for())
    assert "server.E001" in caplog.text


async def test_a_client_that_does_not_read_holds_the_handler_back(serve, dial, request_for):
    sent = []

    async def flood(exchange):
        await exchange.start(200, TEXT)
        for _ in range(1000):
            await exchange.send(b"x" * 65536)
            sent.append(1)
        await exchange.finish()

    client = await dial(await serve(flood))
    client.reader._transport.pause_reading()
    client.send(request_for())
    for _ in range(2000):
        await asyncio.sleep(0)
    assert len(sent) < 500
    client.reader._transport.resume_reading()
    assert len((await client.answer()).body) == 65_536_000


async def test_the_first_piece_is_not_held_back_for_the_second(serve, dial, request_for):
    go_on = asyncio.Event()

    async def wait(exchange):
        await exchange.start(200, TEXT)
        await exchange.send(b"first")
        await go_on.wait()
        await exchange.finish()

    client = await dial(await serve(wait))
    client.send(request_for())
    await client.reader.readuntil(b"first\r\n")
    go_on.set()


async def test_abort_cuts(serve, dial, request_for):
    async def give_up(exchange):
        await exchange.start(200, TEXT)
        exchange.abort()

    client = await dial(await serve(give_up))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await client.ask(request_for())


@pytest.mark.parametrize("status", [100, 101, 199])
async def test_an_interim_status_is_no_answer(serve, dial, request_for, caplog, status):
    client = await dial(await serve(streaming(status=status)))
    assert (await client.ask(request_for())).status == 500
    assert "http.E013" in caplog.text
