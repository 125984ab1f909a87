"""`sennit db inspect`: models for a database that exists, as a file that can be used as it is."""

import sqlite3
import sys
from types import ModuleType

import pytest
from sqlalchemy import create_engine

from sennit.model import Engine, models_of
from sennit.model.dump import dump
from sennit.model.inspection import inspect_models
from sennit.model.load import load

# The tables and keys of the record shop that many databases are taught with, with a few rows of each.
CHINOOK = """
CREATE TABLE Artist (ArtistId INTEGER NOT NULL PRIMARY KEY, Name NVARCHAR(120));
CREATE TABLE Album (AlbumId INTEGER NOT NULL PRIMARY KEY, Title NVARCHAR(160) NOT NULL,
  ArtistId INTEGER NOT NULL REFERENCES Artist (ArtistId) ON DELETE NO ACTION);
CREATE INDEX IFK_AlbumArtistId ON Album (ArtistId);
CREATE TABLE Employee (EmployeeId INTEGER NOT NULL PRIMARY KEY, LastName NVARCHAR(20) NOT NULL,
  FirstName NVARCHAR(20) NOT NULL, Title NVARCHAR(30), ReportsTo INTEGER REFERENCES Employee (EmployeeId),
  BirthDate DATETIME, HireDate DATETIME, City NVARCHAR(40), Email NVARCHAR(60));
CREATE INDEX IFK_EmployeeReportsTo ON Employee (ReportsTo);
CREATE TABLE Customer (CustomerId INTEGER NOT NULL PRIMARY KEY, FirstName NVARCHAR(40) NOT NULL,
  LastName NVARCHAR(20) NOT NULL, Email NVARCHAR(60) NOT NULL UNIQUE,
  SupportRepId INTEGER REFERENCES Employee (EmployeeId) ON DELETE SET NULL);
CREATE TABLE Genre (GenreId INTEGER NOT NULL PRIMARY KEY, Name NVARCHAR(120));
CREATE TABLE MediaType (MediaTypeId INTEGER NOT NULL PRIMARY KEY, Name NVARCHAR(120));
CREATE TABLE Playlist (PlaylistId INTEGER NOT NULL PRIMARY KEY, Name NVARCHAR(120));
CREATE TABLE Track (TrackId INTEGER NOT NULL PRIMARY KEY, Name NVARCHAR(200) NOT NULL,
  AlbumId INTEGER REFERENCES Album (AlbumId) ON DELETE CASCADE,
  MediaTypeId INTEGER NOT NULL REFERENCES MediaType (MediaTypeId), GenreId INTEGER REFERENCES Genre (GenreId),
  Composer NVARCHAR(220), Milliseconds INTEGER NOT NULL, Bytes INTEGER, UnitPrice NUMERIC(10,2) NOT NULL,
  CONSTRAINT ck_positive CHECK (Milliseconds > 0));
CREATE INDEX IFK_TrackAlbumId ON Track (AlbumId);
CREATE TABLE PlaylistTrack (PlaylistId INTEGER NOT NULL REFERENCES Playlist (PlaylistId),
  TrackId INTEGER NOT NULL REFERENCES Track (TrackId), CONSTRAINT PK_PlaylistTrack PRIMARY KEY (PlaylistId, TrackId));
CREATE TABLE Invoice (InvoiceId INTEGER NOT NULL PRIMARY KEY,
  CustomerId INTEGER NOT NULL REFERENCES Customer (CustomerId), InvoiceDate DATETIME NOT NULL,
  BillingCity NVARCHAR(40), Total NUMERIC(10,2) NOT NULL DEFAULT 0);
CREATE TABLE InvoiceLine (InvoiceLineId INTEGER NOT NULL PRIMARY KEY,
  InvoiceId INTEGER NOT NULL REFERENCES Invoice (InvoiceId) ON DELETE CASCADE,
  TrackId INTEGER NOT NULL REFERENCES Track (TrackId), UnitPrice NUMERIC(10,2) NOT NULL, Quantity INTEGER NOT NULL,
  UNIQUE (InvoiceId, TrackId));
INSERT INTO Artist VALUES (1, 'AC/DC'), (2, 'Antônio Carlos Jobim');
INSERT INTO Album VALUES (1, 'For Those About To Rock', 1), (2, 'Warner 25 Anos', 2);
INSERT INTO Employee VALUES (1, 'Edwards', 'Nancy', 'Sales Manager', 2, '1958-12-08 00:00:00', NULL, 'Calgary', NULL),
  (2, 'Adams', 'Andrew', 'General Manager', NULL, '1962-02-18 00:00:00', '2002-08-14 00:00:00', 'Edmonton', 'a@b.c');
INSERT INTO Customer VALUES (1, 'Luís', 'Gonçalves', 'luisg@embraer.com.br', 1), (2, 'Leonie', 'Köhler', 'l@surfeu.de', NULL);
INSERT INTO Genre VALUES (1, 'Rock');
INSERT INTO MediaType VALUES (1, 'MPEG audio file');
INSERT INTO Playlist VALUES (1, 'Music');
INSERT INTO Track VALUES (1, 'Put The Finger On You', 1, 1, 1, NULL, 205662, 6713451, 0.99),
  (2, 'Desafinado', 2, 1, NULL, 'Jobim', 185338, NULL, 1.99);
INSERT INTO PlaylistTrack VALUES (1, 1), (1, 2);
INSERT INTO Invoice VALUES (1, 2, '2021-01-01 00:00:00', 'Stuttgart', 2.98);
INSERT INTO InvoiceLine VALUES (1, 1, 1, 0.99, 1), (2, 1, 2, 1.99, 1);
"""


def made(path, statements):
    connection = sqlite3.connect(path)
    connection.executescript(statements)
    connection.close()


def inspected(path):
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        text = inspect_models(connection)
    engine.dispose()
    return text


@pytest.fixture
def imported(monkeypatch):
    """The text as a module, gone afterwards."""

    def make(name, text):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(text, f"{name}.py", "exec"), module.__dict__)
        return module

    return make


def model_in(text, name):
    return text.partition(f"class {name}(")[2].partition("\n\n\n")[0].rstrip()


def test_a_model_says_what_the_database_says(tmp_path):
    made(tmp_path / "shop.db", CHINOOK)
    text = inspected(tmp_path / "shop.db")
    assert model_in(text, "Track") == (
        'Model, table="Track"):\n'
        "    TrackId: Mapped[int] = column(primary_key=True)\n"
        "    Name: Mapped[str] = column(length=200)\n"
        '    AlbumId: Mapped[int | None] = column(references="Album.AlbumId", on_delete="cascade")\n'
        '    MediaTypeId: Mapped[int] = column(references="MediaType.MediaTypeId", index=False)\n'
        '    GenreId: Mapped[int | None] = column(references="Genre.GenreId", index=False)\n'
        "    Composer: Mapped[str | None] = column(length=220)\n"
        "    Milliseconds: Mapped[int]\n"
        "    Bytes: Mapped[int | None]\n"
        "    UnitPrice: Mapped[Decimal] = column(precision=10, scale=2)\n"
        '    album: Mapped["Album | None"] = relationship()\n'
        '    media_type: Mapped["MediaType"] = relationship()\n'
        '    genre: Mapped["Genre | None"] = relationship()\n'
        "    __table_args__ = (\n"
        '        CheckConstraint("Milliseconds > 0", name="ck_positive"),\n'
        "    )"
    )
    assert text.startswith("from datetime import datetime\nfrom decimal import Decimal\n\nfrom sqlalchemy import ")


def test_a_table_of_ours_gives_back_a_short_model(tmp_path):
    made(
        tmp_path / "app.db",
        "CREATE TABLE order_line (id INTEGER NOT NULL PRIMARY KEY, note TEXT, is_paid BOOLEAN NOT NULL)",
    )
    assert inspected(tmp_path / "app.db") == (
        "from sennit import Mapped, Model\n\n\n"
        "class OrderLine(Model):\n    note: Mapped[str | None]\n    is_paid: Mapped[bool]\n"
    )


def test_names_that_python_or_a_model_needs_are_given_others(tmp_path, imported):
    made(
        tmp_path / "odd.db",
        'CREATE TABLE "2 odd-names" (id INTEGER PRIMARY KEY, class TEXT, "on" TEXT, "2nd col" INT, x\'y INT)'.replace(
            "x'y", '"x\'y"'
        ),
    )
    text = inspected(tmp_path / "odd.db")
    assert 'class Table2OddNames(Model, table="2 odd-names"):' in text
    assert 'class_: Mapped[str | None] = column(name="class")' in text
    assert 'column_2nd_col: Mapped[int | None] = column(name="2nd col")' in text
    imported("odd_names", text)


def test_a_type_that_nothing_fits_is_said_beside_it(tmp_path):
    made(
        tmp_path / "odd.db",
        "CREATE TABLE place (id INTEGER PRIMARY KEY, shape, area INTEGER GENERATED ALWAYS AS (id * 2))",
    )
    text = inspected(tmp_path / "odd.db")
    assert "shape: Mapped[str | None]  # the database says" in text
    assert "area: Mapped[int | None]  # computed by the database: id * 2" in text


async def test_inspected_dumped_and_loaded_it_is_equal(tmp_path, imported):
    made(tmp_path / "shop.db", CHINOOK)
    imported("chinook_models", inspected(tmp_path / "shop.db"))
    old, new = [Engine(f"sqlite:///{name}.db", root=tmp_path) for name in ("shop", "new")]
    dumps = []
    for engine in (old, new):
        await engine.start()
        await engine.create_tables(models_of(["chinook_models"]))
        with engine.thread_engine.connect() as connection:
            if dumps:
                load(connection, engine.tables(), dumps[0])
                connection.commit()
        with engine.thread_engine.connect() as connection:
            dumps.append(list(dump(connection, engine.tables())))
        await engine.dispose()
    assert dumps[0] == dumps[1] and len(dumps[0]) == 1 + 11 + 18 + 1
    assert inspected(tmp_path / "new.db") == inspected(tmp_path / "shop.db")
