import aiohttp


def opened(most):
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=most))


async def get(client, url):
    async with client.get(url) as response:
        return await response.read()


async def download(client, url):
    octets = 0
    async with client.get(url, timeout=aiohttp.ClientTimeout(total=None)) as response:
        async for piece in response.content.iter_any():
            octets += len(piece)
    return octets


async def upload(client, url, octets):
    async def pieces():
        for _ in range(octets // len(PIECE)):
            yield PIECE

    headers = {"Content-Length": str(octets)}
    async with client.post(url, data=pieces(), headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as response:
        return int(await response.read())


PIECE = bytes(65536)
