"""Encrypted columns: text to the program, noise to whoever has the database only."""

import pytest

from sennit.errors import SennitError
from sennit.model import Mapped, Model, column, use_secrets
from sennit.model.dump import dump
from sennit.model.load import load


class Patient(Model):
    name: Mapped[str]
    diagnosis: Mapped[str | None] = column(encrypted=True)


class Letter(Model):
    text: Mapped[str] = column(encrypted=True)


@pytest.fixture(autouse=True)
def _secret():
    Letter.__table__.columns["text"].type._keyrings.clear()
    use_secrets([Patient], ["a secret of the application"])


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


async def stored(engine):
    return (await engine.reading().execute("select diagnosis from patient order by id")).rows


async def test_is_text_to_the_program_and_not_in_the_database(engine):
    async with engine() as db:
        db.add(Patient(name="ann", diagnosis="a cold, ähem"), Patient(name="bob"))
    for db in (engine.reading(), engine.begin()):
        ann, bob = await db.all(Patient.all().order_by("id"))
        assert (ann.diagnosis, bob.diagnosis) == ("a cold, ähem", None)
        assert await db.all(Patient.where(name="ann").values(Patient.diagnosis)) == ["a cold, ähem"]
        await db.close() if hasattr(db, "close") else None
    ((text,), (nothing,)) = await stored(engine)
    assert text.startswith("v1.")
    assert "cold" not in text
    assert nothing is None


async def test_is_never_the_same_twice(engine):
    async with engine() as db:
        db.add(*(Patient(name="x", diagnosis="flu") for _ in range(2)))
    one, two = await stored(engine)
    assert one != two


def test_is_private_by_itself():
    assert "diagnosis" not in Patient(name="ann", diagnosis="flu").__json__()


async def test_can_be_asked_only_whether_it_is_there(engine):
    async with engine() as db:
        db.add(Patient(name="ann", diagnosis="flu"), Patient(name="bob"))
        await db.execute(Patient.where(name="bob").update(diagnosis="gout"))
        assert await db.scalar(Patient.where(diagnosis=None).count()) == 0
        assert await db.scalar(Patient.where(Patient.diagnosis.is_not(None)).count()) == 2
        assert [p.diagnosis for p in await db.all(Patient.all().order_by("id"))] == ["flu", "gout"]
    assert code_of(lambda: Patient.where(Patient.diagnosis == "flu")) == "model.E045"
    assert code_of(lambda: Patient.where(diagnosis="flu").select()) == "model.E045"
    assert code_of(lambda: Patient.all().order_by("-diagnosis")) == "model.E045"
    assert code_of(lambda: column(encrypted=True, unique=True)) == "model.E002"


async def test_a_new_secret_reads_what_the_old_one_wrote_as_long_as_it_is_kept(engine):
    async with engine() as db:
        db.add(Patient(name="ann", diagnosis="flu"))
    use_secrets([Patient], ["a newer one", "a secret of the application"])
    assert (await engine.reading().one(Patient.all())).diagnosis == "flu"
    use_secrets([Patient], ["a newer one"])
    with pytest.raises(SennitError) as caught:
        await engine.reading().all(Patient.all())
    assert caught.value.code == "model.E044"


async def test_a_value_that_was_changed_in_the_database_is_refused(engine):
    async with engine() as db:
        db.add(Patient(name="ann", diagnosis="flu"))
        await db.flush()
        await db.execute("update patient set diagnosis = substr(diagnosis, 1, 20) || 'AAAA'")
    with pytest.raises(SennitError) as caught:
        await engine.reading().all(Patient.all())
    assert caught.value.code == "model.E044"


async def test_a_dump_is_as_unreadable_as_the_database_and_is_loaded_as_it_is(engine):
    async with engine() as db:
        db.add(Patient(name="ann", diagnosis="flu"), Patient(name="bob"))
    tables = {"patient": Patient.__table__}
    with engine.thread_engine.connect() as connection:
        lines = list(dump(connection, tables))
    assert not any(b"flu" in line for line in lines)
    async with engine() as db:
        await db.execute(Patient.all().delete())
    with engine.thread_engine.connect() as connection:
        load(connection, tables, lines)
        connection.commit()
    rows = await engine.reading().all(Patient.all().order_by("id"))
    assert [row.diagnosis for row in rows] == ["flu", None]


async def test_without_a_secret_says_who_gives_it(engine):
    with pytest.raises(SennitError) as caught:
        async with engine() as db:
            db.add(Letter(text="x"))
    assert caught.value.code == "model.E043"


async def test_an_app_gives_its_secret(tmp_path):
    from sennit import App, Database
    from sennit.testing import Client

    app = App(secret="the app's own secret, long enough", database="sqlite://", root=tmp_path)

    @app.post("/patients")
    async def create(db: Database) -> str:
        patient = Patient(name="ann", diagnosis="flu")
        db.add(patient)
        await db.flush()
        return "done"

    @app.get("/patients")
    async def show(db: Database) -> list[object]:
        return [p.diagnosis for p in await db.all(Patient.all())]

    use_secrets([Patient], ["another one"])
    async with Client(app) as client:
        assert (await client.post("/patients")).status == 200
        assert (await client.get("/patients")).json() == ["flu"]
