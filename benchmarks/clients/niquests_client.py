import niquests


def opened(most):
    return niquests.AsyncSession(pool_connections=most, pool_maxsize=most)


async def get(client, url):
    return (await client.get(url)).content
