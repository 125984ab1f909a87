"""The application that is measured: the rows of work.py, written as anybody would."""

from msgspec import Struct

from sennit import App


class Line(Struct):
    sku: str
    title: str
    quantity: int
    price: float


class Order(Struct):
    customer: str
    email: str
    note: str
    lines: list[Line]


app = App(limits={"connections": 20_000})


@app.get("/")
async def index():
    return "Hello, World!"


@app.get("/greet/{name}")
async def greet(name: str, times: int = 1):
    return {"greeting": [f"Hello, {name}!"] * times}


@app.post("/order")
async def order(order: Order):
    return {
        "customer": order.customer,
        "pieces": sum(line.quantity for line in order.lines),
        "total": sum(line.quantity * line.price for line in order.lines),
    }
