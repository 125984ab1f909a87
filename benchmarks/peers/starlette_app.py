import msgspec
from order import Order, greeting, summary
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route


async def index(request):
    return HTMLResponse("Hello, World!")


async def greet(request):
    return JSONResponse(greeting(request.path_params["name"], int(request.query_params.get("times", 1))))


async def order(request):
    return JSONResponse(summary(msgspec.json.decode(await request.body(), type=Order)))


app = Starlette(routes=[Route("/", index), Route("/greet/{name}", greet), Route("/order", order, methods=["POST"])])
