from dataclasses import dataclass

from blacksheep import Application, FromJSON, get, html, json, post
from order import greeting, summary

app = Application()


@dataclass
class Line:
    sku: str
    title: str
    quantity: int
    price: float


@dataclass
class Order:
    customer: str
    email: str
    note: str
    lines: list[Line]


@get("/")
async def index():
    return html("Hello, World!")


@get("/greet/{name}")
async def greet(name: str, times: int = 1):
    return json(greeting(name, times))


@post("/order")
async def order(order: FromJSON[Order]):
    return json(summary(order.value))
