import msgspec
from flask import Flask, request
from order import Order, greeting, summary

app = Flask(__name__)


@app.get("/")
def index():
    return "Hello, World!"


@app.get("/greet/<name>")
def greet(name):
    return greeting(name, request.args.get("times", 1, type=int))


@app.post("/order")
def order():
    return summary(msgspec.json.decode(request.data, type=Order))
