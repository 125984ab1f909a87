"""What a column can hold, and what it refuses, on every way to the database."""

import enum
from contextlib import AsyncExitStack
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from sennit.errors import SennitError, Unprocessable
from sennit.model import Mapped, Model, column, uuid7


class State(enum.Enum):
    OPEN = "open"
    PAID = "paid"


class Address(msgspec.Struct, frozen=True):
    city: str
    zip: str = ""


class Invoice(Model):
    id: Mapped[UUID] = column(primary_key=True, default=uuid7)
    state: Mapped[State] = column(default=State.OPEN)
    total: Mapped[Decimal] = column(precision=12, scale=2, default=Decimal(0))
    weight: Mapped[Decimal | None]
    to: Mapped[Address] = column(default=Address("Bergen"))
    stops: Mapped[list[Address]] = column(default=list)
    back: Mapped[Address | None]


@pytest.fixture(params=["read-only", "tracked"])
async def reading(request, engine):
    """A function that gives a `db` to read with, fresh from the database."""
    if request.param == "read-only":
        yield engine.reading
        return
    async with AsyncExitStack() as stack:

        def begin():
            unit = engine.begin()
            stack.push_async_callback(unit.close)
            return unit

        yield begin


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


class TestChoices:
    async def test_are_members_of_an_enum(self, engine, reading):
        async with engine() as db:
            db.add(Invoice(state=State.PAID), Invoice())
        db = reading()
        assert (await db.one(Invoice.where(state=State.PAID))).state is State.PAID
        assert await db.scalar(Invoice.where(Invoice.state.in_([State.OPEN, State.PAID])).count()) == 2

    async def test_refuse_what_is_none_of_them(self, engine):
        with pytest.raises(Unprocessable, match="lost"):
            async with engine() as db:
                db.add(Invoice(state="lost"))


class TestDecimal:
    async def test_keeps_its_digits(self, engine, reading):
        async with engine() as db:
            db.add(Invoice(total=Decimal("9999999999.99"), weight=Decimal("0.000001")), Invoice(total=Decimal("0.10")))
        rows = await reading().all(Invoice.all().order_by("-total"))
        assert [str(row.total) for row in rows] == ["9999999999.99", "0.10"]
        assert str(rows[0].weight) == "0.000001"

    async def test_is_compared_and_summed_with_its_digits(self, engine, reading):
        async with engine() as db:
            db.add(*(Invoice(total=Decimal("0.10")) for _ in range(10)))
        db = reading()
        assert str(await db.scalar(Invoice.all().sum(Invoice.total))) == "1.00"
        assert await db.scalar(Invoice.where(total=Decimal("0.1")).count()) == 10

    @pytest.mark.parametrize("number", [Decimal("0.001"), Decimal("1e10"), 1.5, Decimal("NaN"), "12"])
    async def test_refuses_what_it_would_round(self, engine, number):
        with pytest.raises(SennitError) as caught:
            async with engine() as db:
                db.add(Invoice(total=number))
        assert caught.value.code == "query.E012"

    async def test_refuses_more_digits_than_the_engine_keeps(self, engine):
        async def store():
            async with engine() as db:
                db.add(Invoice(weight=Decimal("123456789012.345678")))

        if engine.thread_engine.dialect.name == "sqlite":
            with pytest.raises(SennitError, match="15 digits"):
                await store()
        else:
            await store()

    def test_needs_room_for_what_stands_behind_the_point(self):
        assert code_of(lambda: column(scale=2)) == "model.E002"
        assert code_of(lambda: column(precision=2, scale=4)) == "model.E002"
        assert code_of(lambda: column(precision=2, length=4)) == "model.E002"


class TestUuid7:
    def test_is_of_version_7_and_unique(self):
        made = [uuid7() for _ in range(1000)]
        assert {one.version for one in made} == {7}
        assert {one.variant for one in made} == {"specified in RFC 9562"} or made[0].variant.startswith(
            "specified in RFC"
        )
        assert len(set(made)) == 1000

    def test_sorts_by_the_time_of_making(self, monkeypatch):
        now = 1_700_000_000_123_000_000
        monkeypatch.setattr("time.time_ns", lambda: now)
        first = uuid7()
        assert first.int >> 80 == 1_700_000_000_123
        now += 1000  # a microsecond later
        assert first < uuid7()

    async def test_is_a_key_known_before_it_is_stored(self, engine, reading):
        async with engine() as db:
            invoice = Invoice()
            assert isinstance(invoice.id, UUID)
            db.add(invoice)
        assert (await reading().get(Invoice, invoice.id)).id == invoice.id


class TestStruct:
    async def test_comes_back_as_it_was_stored(self, engine, reading):
        async with engine() as db:
            db.add(Invoice(to=Address("Oslo", "0150"), stops=[Address("Hamar"), Address("Lillehammer")]))
        invoice = await reading().one(Invoice.all())
        assert invoice.to == Address("Oslo", "0150")
        assert invoice.stops == [Address("Hamar"), Address("Lillehammer")]
        assert invoice.back is None

    async def test_can_be_set_from_what_json_gives(self, engine, reading):
        async with engine() as db:
            invoice = Invoice(to={"city": "Oslo"}, stops=[{"city": "Hamar"}])
            assert invoice.to == Address("Oslo")
            db.add(invoice)
        assert (await reading().one(Invoice.all())).stops == [Address("Hamar")]

    def test_that_does_not_fit_is_refused_where_it_is_set(self):
        with pytest.raises(Unprocessable, match=r"Invoice\.to.*missing required field `city`"):
            Invoice(to={"zip": "1"})
        with pytest.raises(Unprocessable, match="Expected `str`"):
            Invoice(to=Address(5))

    async def test_in_a_list_can_be_added_in_place(self, engine, reading):
        async with engine() as db:
            invoice = Invoice()
            db.add(invoice)
            await db.flush()
            invoice.stops.append(Address("Hamar"))
        assert (await reading().one(Invoice.all())).stops == [Address("Hamar")]

    def test_that_could_be_changed_in_place_is_refused(self):
        class Loose(msgspec.Struct):
            city: str

        def statement():
            class Parcel(Model):
                to: Mapped[Loose]

        with pytest.raises(SennitError, match=r"Parcel\.to") as caught:
            statement()
        assert caught.value.code == "model.E040"

    async def test_that_no_longer_fits_what_is_stored_says_so(self, engine, reading):
        async with engine() as db:
            db.add(Invoice())
            await db.flush()
            await db.execute("update invoice set \"to\" = '{}'")
        with pytest.raises(SennitError) as caught:
            await reading().all(Invoice.all())
        assert caught.value.code == "model.E041"
