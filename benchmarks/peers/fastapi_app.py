from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

app = FastAPI()


class Line(BaseModel):
    sku: str
    title: str
    quantity: int
    price: float


class Order(BaseModel):
    customer: str
    email: str
    note: str
    lines: list[Line]


@app.get("/", response_class=HTMLResponse)
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
