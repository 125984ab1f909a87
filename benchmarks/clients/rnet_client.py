from contextlib import asynccontextmanager

import rnet


@asynccontextmanager
async def opened(most):
    yield rnet.Client(pool_max_idle_per_host=most, pool_max_size=most)


async def get(client, url):
    return await (await client.get(url)).bytes()
