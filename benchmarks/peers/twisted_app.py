import json
import sys

import msgspec
from order import Order, greeting, summary
from twisted.internet import epollreactor

epollreactor.install()

from twisted.internet import reactor  # noqa: E402 - the reactor is chosen above
from twisted.web.resource import Resource  # noqa: E402
from twisted.web.server import Site  # noqa: E402


class Index(Resource):
    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        return b"Hello, World!"


class Greet(Resource):
    def getChild(self, name, request):
        return Greeting(name.decode())


class Greeting(Resource):
    isLeaf = True

    def __init__(self, name):
        super().__init__()
        self.name = name

    def render_GET(self, request):
        request.setHeader(b"content-type", b"application/json")
        return json.dumps(greeting(self.name, int(request.args[b"times"][0]))).encode()


class Ordered(Resource):
    isLeaf = True

    def render_POST(self, request):
        request.setHeader(b"content-type", b"application/json")
        return json.dumps(summary(msgspec.json.decode(request.content.read(), type=Order))).encode()


root = Resource()
root.putChild(b"", Index())
root.putChild(b"greet", Greet())
root.putChild(b"order", Ordered())
site = Site(root)
site.log = lambda request: None
reactor.listenTCP(int(sys.argv[1]), site, interface="127.0.0.1")
reactor.run()
