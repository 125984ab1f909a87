"""`Mapped[...]`: SQLAlchemy's own annotation for a mapped attribute, under our roof."""

from sqlalchemy.orm import Mapped as Mapped
