from sennit.client import Limits, SyncClient


def opened(most):
    return SyncClient(limits=Limits(connections=most, per_host=most))


def get(client, url):
    return client.get(url).content
