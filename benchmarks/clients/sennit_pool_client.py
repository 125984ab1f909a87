"""What stands below the seam of sennit's client: connections and octets, without redirects, cookies and the rest."""

from contextlib import asynccontextmanager

from sennit.client.limits import Limits
from sennit.client.pool import Pool
from sennit.client.timeouts import Timeouts
from sennit.client.transport import Call
from sennit.client.url import parse_url

TIMEOUTS = Timeouts()
ENDLESS = Timeouts(total_s=None)


@asynccontextmanager
async def opened(most):
    pool = Pool(limits=Limits(connections=most, per_host=most))
    yield pool
    await pool.close()


async def get(pool, url):
    return (await pool.send(Call("GET", parse_url(url), [], None, None, TIMEOUTS))).body_at_once


async def download(pool, url):
    octets, reply = 0, await pool.send(Call("GET", parse_url(url), [], None, None, ENDLESS))
    while piece := await reply.read_piece():
        octets += len(piece)
    return octets


async def upload(pool, url, octets):
    async def pieces():
        for _ in range(octets // len(PIECE)):
            yield PIECE

    return int(await (await pool.send(Call("POST", parse_url(url), [], pieces(), octets, ENDLESS))).read_piece())


PIECE = bytes(65536)
