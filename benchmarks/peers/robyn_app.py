import sys

import msgspec
from order import Order, greeting, summary
from robyn import Headers, Response, Robyn

app = Robyn(__file__)
JSON = Headers({"content-type": "application/json"})


@app.get("/")
async def index(request):
    return Response(200, Headers({"content-type": "text/html; charset=utf-8"}), "Hello, World!")


@app.get("/greet/:name")
async def greet(request):
    body = msgspec.json.encode(greeting(request.path_params["name"], int(request.query_params.get("times", "1"))))
    return Response(200, JSON, body)


@app.post("/order")
async def order(request):
    body = msgspec.json.encode(summary(msgspec.json.decode(request.body, type=Order)))
    return Response(200, JSON, body)


app.start(host="127.0.0.1", port=int(sys.argv.pop()))
