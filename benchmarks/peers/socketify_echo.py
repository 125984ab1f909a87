import sys

from socketify import App


def echo(ws, message, opcode):
    ws.send(message, opcode)


app = App()
app.ws("/", {"message": echo, "idle_timeout": 960})
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"}, lambda config: None)
app.run()
