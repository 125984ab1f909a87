import sys

import msgspec
from order import Order, greeting, summary
from sanic import Sanic
from sanic.response import html, json

app = Sanic("peer", configure_logging=False)


@app.get("/")
async def index(request):
    return html("Hello, World!")


@app.get("/greet/<name:str>")
async def greet(request, name):
    return json(greeting(name, int(request.args.get("times", 1))))


@app.post("/order")
async def order(request):
    return json(summary(msgspec.json.decode(request.body, type=Order)))


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
