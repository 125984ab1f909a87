import wreq


def opened(most):
    return wreq.Client(pool_max_idle_per_host=most, pool_max_size=most)


async def get(client, url):
    return bytes(await (await client.get(url)).bytes())
