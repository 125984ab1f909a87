import primp


def opened(most):
    return primp.AsyncClient()


async def get(client, url):
    return (await client.get(url)).content
