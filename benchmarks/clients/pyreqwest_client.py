from pyreqwest.client import ClientBuilder


def opened(most):
    return ClientBuilder().pool_max_idle_per_host(most).build()


async def get(client, url):
    return bytes(await (await client.get(url).build().send()).bytes())
