import httpx


def opened(most):
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=most, max_keepalive_connections=most))


async def get(client, url):
    return (await client.get(url)).content
