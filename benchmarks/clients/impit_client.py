import impit


def opened(most):
    return impit.AsyncClient()


async def get(client, url):
    return (await client.get(url)).content
