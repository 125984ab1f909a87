"""`soft_delete="deleted_at"`: deleted rows are marked, no longer found, and can come back."""

from datetime import datetime

import pytest

from sennit.errors import NotFound
from sennit.model import Mapped, Model, TableRead, column, many_to_many, relationship


class Board(Model):
    name: Mapped[str]
    notes: Mapped[list["Note"]] = relationship(back_populates="board")
    labels: Mapped[list["Label"]] = many_to_many()


class Label(Model, soft_delete="gone_at"):
    name: Mapped[str]


class Note(Model, soft_delete="deleted_at"):
    board_id: Mapped[int] = column(references=Board.id, on_delete="cascade")
    text: Mapped[str]
    answer_to_id: Mapped[int | None] = column(references="Note.id")
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]
    board: Mapped[Board] = relationship(back_populates="notes")
    answer_to: Mapped["Note | None"] = relationship(back_populates="answers", remote_side="Note.id")
    answers: Mapped[list["Note"]] = relationship(back_populates="answer_to")


@pytest.fixture
async def board(engine):
    async with engine() as db:
        db.add(Board(name="b", labels=[Label(name="x"), Label(name="y")]))
        await db.flush()
        first = Note(board_id=1, text="a")
        db.add(first)
        await db.flush()
        db.add(Note(board_id=1, text="b", answer_to=first), Note(board_id=1, text="c", answer_to=first))
    async with engine() as db:
        await db.delete(await db.one(Note.where(text="b")))
        await db.delete(await db.one(Label.where(name="x")))
    return engine


@pytest.fixture(params=["read-only", "tracked"])
async def db(request, board):
    if request.param == "read-only":
        yield board.reading()
        return
    async with board() as db:
        yield db


async def texts(db, query):
    return [note.text for note in await db.all(query.order_by("text"))]


async def test_deleted_rows_are_not_found(db):
    assert await texts(db, Note.all()) == ["a", "c"]
    assert await db.scalar(Note.where(board_id=1).count()) == 2
    assert await db.find(Note, 2) is None
    with pytest.raises(NotFound):
        await db.get(Note, 2)


async def test_with_deleted_finds_them(db):
    assert await texts(db, Note.all().with_deleted()) == ["a", "b", "c"]
    (gone,) = await db.all(Note.where(Note.deleted_at.is_not(None)).with_deleted())
    assert gone.text == "b"
    assert gone.deleted_at.tzinfo is not None


async def test_lists_leave_them_out_and_references_still_show_them(db):
    (found,) = await db.all(Board.all().load(Board.notes, Board.labels))
    assert [sorted(n.text for n in found.notes), [x.name for x in found.labels]] == [["a", "c"], ["y"]]
    first = await db.one(Note.where(text="a").load(Note.answers))
    assert [n.text for n in first.answers] == ["c"]
    assert await db.scalar(Board.where(Board.notes.any(text="b")).exists()) is False
    assert await db.scalar(Board.all().join(Board.notes).count()) == 2


async def test_a_reference_to_a_deleted_row_shows_it(board):
    async with board() as db:
        await db.delete(await db.get(Note, 1))
    assert (await board.reading().one(Note.where(text="c").load(Note.answer_to))).answer_to.text == "a"


async def test_deleting_is_told_as_an_update_and_counts_the_version(board, told):
    async with board() as db:
        await db.delete(await db.get(Note, 3))
    (change,) = told[-1]
    assert (change.table, change.op, change.key) == ("note", "update", 3)
    assert {"deleted_at", "version"} <= change.columns
    assert Note.all().reads() == {TableRead("note", frozenset({("deleted_at", None)}))}


async def test_statements_mark_and_erase(board):
    async with board() as db:
        assert (await db.execute(Note.where(text="a").delete())).rowcount == 1
        assert (await db.execute(Note.where(text="a").delete())).rowcount == 0
        assert await texts(db, Note.all().with_deleted()) == ["a", "b", "c"]
        await db.execute(Note.where(text="b").with_deleted().erase())
        assert await texts(db, Note.all().with_deleted()) == ["a", "c"]


async def test_a_row_comes_back_when_its_mark_is_taken_off(board):
    async with board() as db:
        (await db.one(Note.where(text="b").with_deleted())).deleted_at = None
    assert await texts(board.reading(), Note.all()) == ["a", "b", "c"]


async def test_a_row_that_was_never_stored_is_forgotten(board):
    async with board() as db:
        note = Note(board_id=1, text="d")
        db.add(note)
        await db.delete(note)
    assert await texts(board.reading(), Note.all().with_deleted()) == ["a", "b", "c"]


def test_the_column_makes_itself_and_may_be_declared():
    assert Label.__table__.columns["gone_at"].nullable
    assert Label.__table__.columns["gone_at"].index
    assert "deleted_at" in Note.__table__.columns
