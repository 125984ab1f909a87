"""The order of the POST row and both JSON answers, for peers that have no typed bodies of their own."""

from msgspec import Struct


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


def greeting(name, times):
    return {"greeting": [f"Hello, {name}!"] * times}


def summary(order):
    return {
        "customer": order.customer,
        "pieces": sum(line.quantity for line in order.lines),
        "total": sum(line.quantity * line.price for line in order.lines),
    }
