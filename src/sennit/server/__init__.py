"""Listens: joins the codecs of `protocols` to the connections of `net` and speaks `http`'s contracts upwards."""

from .http import HttpServer as HttpServer
