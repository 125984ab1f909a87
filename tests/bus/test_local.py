from sennit.bus import Bus, LocalBus


async def test_a_single_process_has_nobody_to_tell():
    bus: Bus = LocalBus()
    heard = []
    bus.listen(lambda subject, payload: heard.append(subject), lambda: heard.append("gap"))
    await bus.start()
    bus.publish("todo", b"x")
    bus.drain()
    await bus.drained()
    await bus.close()
    assert bus.is_alone and heard == []
