import requests
from requests.adapters import HTTPAdapter


def opened(most):
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=most))
    return session


def get(session, url):
    return session.get(url).content
