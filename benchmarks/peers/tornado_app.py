import asyncio
import logging
import sys

import msgspec
from order import Order, greeting, summary
from tornado.web import Application, RequestHandler


class Index(RequestHandler):
    async def get(self):
        self.write("Hello, World!")


class Greet(RequestHandler):
    async def get(self, name):
        self.write(greeting(name, int(self.get_query_argument("times", "1"))))


class Ordered(RequestHandler):
    async def post(self):
        self.write(summary(msgspec.json.decode(self.request.body, type=Order)))


async def main():
    logging.getLogger("tornado.access").disabled = True
    Application([("/", Index), ("/greet/([^/]+)", Greet), ("/order", Ordered)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
