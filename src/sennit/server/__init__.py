"""Listens: joins the codecs of `protocols` to the connections of `net` and speaks `http`'s contracts upwards."""

from .http import HttpServer as HttpServer
from .access_log import AccessLog as AccessLog
from .access_log import AnswerLog as AnswerLog
from .log_file import LogFile as LogFile
from .metrics import Both as Both
from .metrics import RequestMetrics as RequestMetrics
