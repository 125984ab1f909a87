import httpx


def opened(most):
    return httpx.Client(limits=httpx.Limits(max_connections=most, max_keepalive_connections=most))


def get(client, url):
    return client.get(url).content
