import sys

import msgspec
import uvloop
from aiohttp import web
from order import Order, greeting, summary


async def index(request):
    return web.Response(text="Hello, World!", content_type="text/html")


async def greet(request):
    return web.json_response(greeting(request.match_info["name"], int(request.query.get("times", 1))))


async def order(request):
    return web.json_response(summary(msgspec.json.decode(await request.read(), type=Order)))


app = web.Application()
app.add_routes([web.get("/", index), web.get("/greet/{name}", greet), web.post("/order", order)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=uvloop.new_event_loop())
