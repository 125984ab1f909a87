from sennit.client import Client, Limits


def opened(most):
    return Client(limits=Limits(connections=most, per_host=most))


async def get(client, url):
    return (await client.get(url)).content


async def download(client, url):
    octets = 0
    async with client.stream("GET", url, timeout_s=LONG_S) as response:
        async for piece in response:
            octets += len(piece)
    return octets


async def upload(client, url, octets):
    async def pieces():
        for _ in range(octets // len(PIECE)):
            yield PIECE

    return int((await client.post(url, body=pieces(), timeout_s=LONG_S)).content)


PIECE = bytes(65536)
LONG_S = 600
