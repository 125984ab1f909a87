import httpx2


def opened(most):
    return httpx2.AsyncClient(limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most))


async def get(client, url):
    return (await client.get(url)).content
