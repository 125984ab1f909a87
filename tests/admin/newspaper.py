"""A program with a console, for the tests: every kind of column, references of every rule, something private."""

import enum
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from sennit import App, Mapped, Model, column, relationship, utcnow
from sennit.auth import User


class Status(enum.Enum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class Topic(Model):
    name: Mapped[str] = column(length=60, unique=True)


class Article(Model, order_by="-id"):
    title: Mapped[str] = column(length=200, help="Keep it short.")
    body: Mapped[str]
    status: Mapped[Status] = column(default=Status.DRAFT, index=True)
    featured: Mapped[bool] = column(default=False)
    checked: Mapped[bool | None] = column(default=None)
    topic_id: Mapped[int | None] = column(references=Topic.id, on_delete="set null", default=None)
    author_id: Mapped[int] = column(references=User.id)
    published_at: Mapped[datetime | None] = column(default=None)
    created_at: Mapped[datetime] = column(default=utcnow)
    day: Mapped[date | None] = column(default=None)
    hour: Mapped[time | None] = column(default=None)
    price: Mapped[Decimal | None] = column(default=None)
    weight: Mapped[float | None] = column(default=None)
    reads: Mapped[int] = column(default=0)
    tags: Mapped[list[str] | None] = column(default=None)
    token: Mapped[UUID] = column(default=uuid4)
    secret: Mapped[str] = column(default="swordfish", private=True)
    topic: Mapped[Topic | None] = relationship()
    author: Mapped[User] = relationship()
    comments: Mapped[list["Comment"]] = relationship(back_populates="article")

    @property
    def shout(self) -> str:
        return self.title.upper()


class Comment(Model):
    article_id: Mapped[int] = column(references=Article.id, on_delete="cascade")
    name: Mapped[str] = column(length=40)
    text: Mapped[str] = column(length=2000)
    article: Mapped[Article] = relationship(back_populates="comments")


class Reply(Model):
    comment_id: Mapped[int] = column(references=Comment.id, on_delete="cascade")
    text: Mapped[str] = column(length=2000)


class Page(Model):
    """Has a version, and a key of text."""

    slug: Mapped[str] = column(length=50, primary_key=True)
    title: Mapped[str] = column(length=100)
    note: Mapped[str] = column(length=100, default="")
    version: Mapped[int]


class Rate(Model):
    """Has a key of two columns."""

    currency: Mapped[str] = column(length=3, primary_key=True)
    year: Mapped[int] = column(primary_key=True)
    value: Mapped[Decimal]


class Hidden(Model):
    name: Mapped[str]


def make_app(folder: Path) -> App:
    app = App("The Post", database=f"sqlite:///{folder}/admin.db", accounts=True, admin="/admin", root=folder)
    app.admin.register(
        Article,
        list=["title", "author", "topic", "status", "featured", "published_at", "reads", "shout"],
        search=["title", "body", "author.username"],
        filters=["status", "featured", "checked", "topic", "author", "published_at", "reads"],
        inlines=[Comment],
        readonly=["created_at"],
    )
    app.admin.hide(Hidden)
    return app
