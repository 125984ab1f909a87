"""Models on SQLAlchemy: typed classes, queries as values, reads at driver speed, and changes that are told."""

from .mapped import Mapped as Mapped
from .base import Model as Model
from .columns import column as column
from .relations import relationship as relationship
from .many_to_many import many_to_many as many_to_many
from .types import UtcDateTime as UtcDateTime
from .types import utcnow as utcnow
from .encrypted import use_secrets as use_secrets
from .uuids import uuid7 as uuid7
from .query import Query as Query
from .adopt import query_in as query_in
from .page import Page as Page
from .outcome import Outcome as Outcome
from .engine import Engine as Engine
from .database import Database as Database
from .reading import ReadDatabase as ReadDatabase
from .tracked import TrackedDatabase as TrackedDatabase
from .lasting import LastingDatabase as LastingDatabase
from .sync import SyncDatabase as SyncDatabase
from .sync_reading import SyncReadDatabase as SyncReadDatabase
from .changes import Change as Change
from .changes import change_matches as change_matches
from .reads import TableRead as TableRead
from .tables import models_of as models_of
