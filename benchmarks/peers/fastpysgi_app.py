import sys

import fastpysgi
from wsgi import app

fastpysgi.run(wsgi_app=app, host="127.0.0.1", port=int(sys.argv[1]), loglevel=0)
