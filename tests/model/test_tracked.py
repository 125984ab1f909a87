"""The unit of work."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import select

from sennit.errors import Conflict, NotFound, SennitError
from sennit.model import Mapped, Model, column, relationship


class Account(Model):
    name: Mapped[str] = column(unique=True)
    balance: Mapped[int] = column(default=0, check="balance >= 0")
    entries: Mapped[list["Entry"]] = relationship(back_populates="account")


class Entry(Model):
    account_id: Mapped[int] = column(references=Account.id)
    text: Mapped[str]
    account: Mapped[Account] = relationship(back_populates="entries")


class Page(Model):
    title: Mapped[str]
    hits: Mapped[int] = column(default=0)
    version: Mapped[int]
    notes: Mapped[list["Note"]] = relationship(back_populates="page")


class Note(Model):
    page_id: Mapped[int] = column(references=Page.id, on_delete="cascade")
    text: Mapped[str]
    page: Mapped[Page] = relationship(back_populates="notes")


@pytest.fixture
async def bank(engine):
    async with engine() as db:
        ann = Account(name="ann", balance=10)
        db.add(ann, Page(title="p"))
        await db.flush()
        db.add(Entry(account_id=ann.id, text="first"), Note(page_id=1, text="n"))
    return engine


class TestCommit:
    async def test_happens_when_the_block_ends_and_not_when_it_raises(self, bank):
        async with bank() as db:
            db.add(Account(name="bob"))
        with pytest.raises(ZeroDivisionError):
            async with bank() as db:
                db.add(Account(name="cyd"))
                await db.flush()
                raise ZeroDivisionError
        assert await bank.reading().scalar(Account.all().count()) == 2

    async def test_is_needed_by_a_unit_that_was_begun_by_hand(self, bank):
        db = bank.begin()
        db.add(Account(name="bob"))
        await db.flush()
        await db.close()
        assert await bank.reading().scalar(Account.all().count()) == 1

    async def test_completes_though_its_caller_is_cancelled(self, bank):
        db = bank.begin()
        db.add(Account(name="bob"))
        await db.flush()
        task = asyncio.ensure_future(db.commit())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await db.close()
        assert await bank.reading().scalar(Account.all().count()) == 2

    async def test_keeps_objects_usable(self, bank):
        async with bank() as db:
            ann = await db.get(Account, 1)
        assert ann.name == "ann"


class TestReading:
    async def test_sees_its_own_changes(self, bank):
        async with bank() as db:
            db.add(Account(name="bob"))
            assert await db.scalar(Account.all().count()) == 2
            assert await db.resolve(Account.where(name="bob").exists()) is True
            assert [a.name for a in await db.all(Account.all().order_by("name"))] == ["ann", "bob"]

    async def test_gives_objects_that_remember(self, bank):
        async with bank() as db:
            (await db.one(Account.where(name="ann"))).balance = 3
        assert (await bank.reading().get(Account, 1)).balance == 3

    async def test_loads_relations_when_asked_also_for_objects_it_has(self, bank):
        async with bank() as db:
            ann = await db.get(Account, 1)
            with pytest.raises(SennitError, match=r"load=\[Account.entries\]"):
                _ = ann.entries
            again = await db.get(Account, 1, load=[Account.entries])
            assert again is ann
            assert [e.text for e in ann.entries] == ["first"]
            entry = await db.one(Entry.all().load(Entry.account, Account.entries))
            assert entry.account is ann

    async def test_takes_selects_values_pages_and_streams(self, bank):
        async with bank() as db:
            assert await db.all(select(Account.name, Account.balance)) == [("ann", 10)]
            assert (await db.all(Account.all().values(Account.name, Account.balance)))[0].balance == 10
            assert await db.all(Account.all().values(Account.name)) == ["ann"]
            assert (await db.page(Account.all(), 1, 5)).total == 1
            assert [row.name async for row in db.stream(Account.all())] == ["ann"]
            assert (await db.first(Account.where(name="none"))) is None
            assert isinstance(await db.resolve(Account.all().page(1)), object)

    @pytest.mark.parametrize("key", [99, 10**10, 10**30])
    async def test_of_a_missing_row_is_not_found(self, bank, key):
        async with bank() as db:
            with pytest.raises(NotFound):
                await db.get(Account, key)
            assert await db.find(Account, key) is None
            with pytest.raises(NotFound):
                await db.get(Account, key, lock=True)


class TestConflict:
    async def test_of_a_unique_column_names_it(self, bank):
        async with bank() as db:
            db.add(Account(name="ann"))
            with pytest.raises(Conflict) as caught:
                await db.flush()
            await db.rollback()
        assert caught.value.status == 409
        assert [error["field"] for error in caught.value.errors] == ["name"]

    async def test_of_a_reference_names_it(self, bank):
        async with bank() as db:
            db.add(Entry(account_id=99, text="x"))
            with pytest.raises(Conflict) as caught:
                await db.flush()
            await db.rollback()
        assert [error["field"] for error in caught.value.errors] == ["account_id"]

    async def test_of_deleting_what_is_referred_to(self, bank):
        async with bank() as db:
            await db.delete(await db.get(Account, 1))
            with pytest.raises(Conflict, match="referred to"):
                await db.flush()
            await db.rollback()

    async def test_of_a_check(self, bank):
        async with bank() as db:
            (await db.get(Account, 1)).balance = -1
            with pytest.raises(Conflict) as caught:
                await db.flush()
            await db.rollback()
        assert [error["field"] for error in caught.value.errors] == ["balance"]

    async def test_is_not_a_value_that_is_missing(self, bank):
        async with bank() as db:
            db.add(Entry(account_id=1))
            with pytest.raises(SennitError) as caught:
                await db.flush()
            await db.rollback()
        assert caught.value.code == "model.E008"
        assert "entry.text" in caught.value.what

    async def test_of_a_stale_version(self, bank):
        one, other = bank.begin(), bank.begin()
        mine, theirs = await one.get(Page, 1), await other.get(Page, 1)
        mine.title = "mine"
        await one.commit()
        theirs.title = "theirs"
        with pytest.raises(Conflict, match="somebody else"):
            await other.commit()
        await one.close()
        await other.close()
        page = await bank.reading().get(Page, 1)
        assert (page.title, page.version) == ("mine", 2)

    async def test_of_a_stale_version_is_met_by_retrying(self, bank):
        async with bank() as db:
            stale = await db.get(Page, 1)
            async with bank() as other:
                (await other.get(Page, 1)).hits = 5

            tries = 0

            async def work():
                nonlocal tries
                tries += 1
                page = await db.get(Page, 1) if tries > 1 else stale
                page.hits = 6
                await db.flush()

            await db.retry(work)
        page = await bank.reading().get(Page, 1)
        assert page.hits == 6

    async def test_is_raised_when_retrying_does_not_help(self, bank):
        async with bank() as db:

            async def work():
                db.add(Account(name="ann"))
                await db.flush()

            with pytest.raises(Conflict):
                await db.retry(work, times=2)
            assert await db.scalar(Account.all().count()) == 1


class TestTransaction:
    async def test_undoes_its_part_only(self, bank):
        async with bank() as db:
            db.add(Account(name="bob"))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction():
                    ann = await db.get(Account, 1)
                    ann.balance = 99
                    db.add(Account(name="cyd"))
                    raise ZeroDivisionError
            assert ann.balance == 10, "read again, not left to hidden I/O"
            with pytest.raises(Conflict):
                async with db.transaction():
                    db.add(Account(name="ann"))
            async with db.transaction(), db.transaction():
                db.add(Account(name="dan"))
        assert await bank.reading().all(Account.all().order_by("id").values(Account.name)) == ["ann", "bob", "dan"]

    async def test_leaves_the_programs_own_errors_as_they_are(self, bank):
        async with bank() as db:
            for error in (OverflowError, UnicodeEncodeError("utf-8", "", 0, 1, ""), KeyError):
                with pytest.raises(error if isinstance(error, type) else type(error)):
                    async with db.transaction():
                        raise error


class TestChanging:
    async def test_in_one_statement_loses_no_update(self, bank):
        async def spend():
            async with bank() as db:
                await db.execute(Account.where(id=1).update(balance=Account.balance - 1))

        await asyncio.gather(*(spend() for _ in range(10)))
        assert (await bank.reading().get(Account, 1)).balance == 0

    async def test_with_a_lock_loses_no_update(self, bank):
        async def spend():
            async with bank() as db:
                (await db.get(Account, 1, lock=True)).balance -= 1

        await asyncio.gather(*(spend() for _ in range(10)))
        assert (await bank.reading().get(Account, 1)).balance == 0

    async def test_in_one_statement_keeps_loaded_objects_right_and_counts_the_version(self, bank):
        async with bank() as db:
            page = await db.get(Page, 1)
            assert (await db.execute(Page.where(title="p").update(hits=Page.hits + 2))).rowcount == 1
            assert (page.hits, page.version) == (2, 2)
            assert (await db.execute(Page.where(title="none").delete())).rowcount == 0

    async def test_by_text_sees_what_was_added_before(self, bank):
        async with bank() as db:
            db.add(Account(name="bob"))
            assert (await db.execute("update account set balance = :n", n=7)).rowcount == 2
            rows = (await db.execute("select name, balance from account order by id")).rows
        assert [(row.name, row.balance) for row in rows] == [("ann", 7), ("bob", 7)]

    async def test_deletes_children_as_the_foreign_key_says(self, bank):
        async with bank() as db:
            await db.delete(await db.get(Page, 1))
        assert await bank.reading().scalar(Note.all().count()) == 0

    async def test_deletes_what_was_only_added(self, bank):
        async with bank() as db:
            bob = Account(name="bob")
            db.add(bob)
            await db.delete(bob)
        assert await bank.reading().scalar(Account.all().count()) == 1

    async def test_refuses_what_is_no_model(self, bank):
        async with bank() as db:
            for attempt in (lambda: db.add("x"), lambda: db.add([Account(name="x")])):
                with pytest.raises(SennitError) as caught:
                    attempt()
                assert caught.value.code == "model.E016"
            with pytest.raises(SennitError) as caught:
                await db.execute(42)
            assert caught.value.code == "model.E015"
            with pytest.raises(SennitError) as caught:
                await db.retry(None, times=0)
            assert caught.value.code == "model.E017"
