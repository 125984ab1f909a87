"""The process above the workers of `sennit serve`. Small: it imports nothing of the program, nor of the web strand."""

from .supervisor import Supervisor as Supervisor
from .spawning import Spawner as Spawner
from .spawning import Spawned as Spawned
from .worker import Worker as Worker
from .channel import Channel as Channel
from .channel import ChannelClosed as ChannelClosed
from .channel import worker_end as worker_end
from .messages import Plan as Plan
from .messages import Sockets as Sockets
from .messages import Refused as Refused
from .messages import Ready as Ready
from .messages import Beat as Beat
from .messages import Released as Released
from .messages import Drain as Drain
from .listening import ListeningSockets as ListeningSockets
from .listening import is_shared as is_shared
from .privileges import Privileges as Privileges
from .pid_file import PidFile as PidFile
from .pid_file import running_process as running_process
from .notify import Notifier as Notifier
from .cores import usable_cores as usable_cores
