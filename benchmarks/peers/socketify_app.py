import sys

import msgspec
from order import Order, greeting, summary
from socketify import App

app = App()


def index(response, request):
    response.write_header("Content-Type", "text/html; charset=utf-8").end("Hello, World!")


def greet(response, request):
    body = msgspec.json.encode(greeting(request.get_parameter(0), int(request.get_query("times"))))
    response.write_header("Content-Type", "application/json").end(body)


async def order(response, request):
    received = await response.get_data()
    body = msgspec.json.encode(summary(msgspec.json.decode(received.getvalue(), type=Order)))
    response.write_header("Content-Type", "application/json").end(body)


app.get("/", index)
app.get("/greet/:name", greet)
app.post("/order", order)
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"}, lambda config: None)
app.run()
