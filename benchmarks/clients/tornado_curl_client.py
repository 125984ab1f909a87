from contextlib import asynccontextmanager

from tornado.curl_httpclient import CurlAsyncHTTPClient


@asynccontextmanager
async def opened(most):
    client = CurlAsyncHTTPClient(force_instance=True, max_clients=most)
    yield client
    client.close()


async def get(client, url):
    return (await client.fetch(url)).body
