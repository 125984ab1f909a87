from contextlib import asynccontextmanager

from tornado.simple_httpclient import SimpleAsyncHTTPClient


@asynccontextmanager
async def opened(most):
    client = SimpleAsyncHTTPClient(force_instance=True, max_clients=most)
    yield client
    client.close()


async def get(client, url):
    return (await client.fetch(url)).body
