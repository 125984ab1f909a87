"""Read-only rows are the model in all but changing."""

import functools
from functools import cached_property

import pytest
from sqlalchemy.ext.hybrid import hybrid_property

from sennit.errors import SennitError
from sennit.model import Mapped, Model, column, relationship


class Team(Model):
    name: Mapped[str]
    members: Mapped[list["Member"]] = relationship(back_populates="team")


class Named(Model, abstract=True):
    name: Mapped[str]

    def greeting(self) -> str:
        return f"Hello, {self.name}"


class Member(Named):
    team_id: Mapped[int | None] = column(references=Team.id)
    password: Mapped[str] = column(default="hush", private=True)
    friends: Mapped[list["Member"]] = relationship(
        secondary="friendship",
        primaryjoin="Member.id == friendship.c.one_id",
        secondaryjoin="Member.id == friendship.c.other_id",
    )
    team: Mapped[Team | None] = relationship(back_populates="members")
    LIMIT = 7

    def greeting(self) -> str:
        return super().greeting() + "!"

    @property
    def shouted(self) -> str:
        return self.name.upper()

    @cached_property
    def twice(self) -> str:
        return self.name * 2

    @hybrid_property
    def initial(self) -> str:
        return self.name[0]

    @classmethod
    def named(cls, name: str):
        return cls.where(name=name)

    @staticmethod
    def three() -> int:
        return 3

    def __str__(self) -> str:
        return self.name


class Friendship(Model):
    one_id: Mapped[int] = column(references=Member.id, primary_key=True)
    other_id: Mapped[int] = column(references=Member.id, primary_key=True)


@functools.singledispatch
def kind(value) -> str:
    return "something"


@kind.register
def _(value: Member) -> str:
    return "member"


@pytest.fixture
async def db(engine):
    async with engine() as db:
        team = Team(name="red")
        db.add(team, *(Member(name=name, team=team) for name in ("ann", "bob", "cyd")), Member(name="dan"))
        await db.flush()
        db.add(Friendship(one_id=1, other_id=2), Friendship(one_id=1, other_id=3), Friendship(one_id=2, other_id=1))
    return engine.reading()


async def test_they_are_instances_with_methods_properties_and_constants(db):
    ann = await db.get(Member, 1)
    assert isinstance(ann, Member)
    assert not isinstance(ann, Team)
    assert kind(ann) == "member"
    match ann:
        case Member(name=name):
            assert name == "ann"
    assert (ann.greeting(), ann.shouted, ann.twice, ann.initial, str(ann)) == (
        "Hello, ann!",
        "ANN",
        "annann",
        "a",
        "ann",
    )
    assert (ann.LIMIT, ann.three()) == (7, 3)
    assert (await db.one(ann.named("bob"))).id == 2


async def test_they_have_the_relations_that_were_loaded(db):
    ann = await db.get(Member, 1, load=[Member.team, Team.members, Member.friends])
    assert ann.team.name == "red"
    assert [m.name for m in ann.team.members] == ["ann", "bob", "cyd"]
    assert [m.name for m in ann.friends] == ["bob", "cyd"]
    dan = await db.get(Member, 4, load=[Member.team, Member.friends])
    assert (dan.team, dan.friends) == (None, [])


async def test_many_rows_share_one_query_for_a_relation(db):
    members = await db.all(Member.all().order_by(Member.id).load(Member.team))
    assert members[0].team is members[1].team


async def test_relations_of_more_rows_than_one_list_takes_are_complete(engine, db):
    async with engine() as tracked:
        tracked.add(*(Member(name=f"m{n}", team=Team(name=f"t{n}")) for n in range(1200)))
    members = await db.all(Member.where(Member.name.like("m%")).load(Member.team))
    assert len(members) == 1200
    assert all(member.name[1:] == member.team.name[1:] for member in members)


async def test_a_relation_that_was_not_loaded_says_how_to_load_it(db):
    ann = await db.get(Member, 1)
    with pytest.raises(SennitError, match=r"load=\[Member.team\]") as caught:
        _ = ann.team
    assert caught.value.code == "model.E003"


async def test_they_cannot_be_changed_or_stored(engine, db):
    ann = await db.get(Member, 1)
    for change in (lambda: setattr(ann, "name", "x"), lambda: setattr(ann, "new", 1), lambda: delattr(ann, "name")):
        with pytest.raises(SennitError) as caught:
            change()
        assert caught.value.code == "model.E007"
    async with engine() as tracked:
        for give in (lambda: tracked.add(ann), lambda: Member(name="x", team=ann)):
            with pytest.raises(SennitError) as caught:
                give()
            assert caught.value.code == "model.E007"
        with pytest.raises(SennitError):
            await tracked.delete(ann)


async def test_they_are_equal_by_model_and_key(engine, db):
    one, other = await db.get(Member, 1), await db.get(Member, 1)
    assert one == other
    assert one != await db.get(Member, 2)
    assert one != await db.get(Team, 1)
    assert len({one, other}) == 1
    async with engine() as tracked:
        assert one == await tracked.get(Member, 1)


async def test_json_has_public_columns_and_loaded_relations(db):
    assert (await db.get(Member, 1)).__json__() == {"id": 1, "name": "ann", "team_id": 1}
    loaded = await db.get(Member, 1, load=[Member.team])
    assert loaded.__json__()["team"].name == "red"
    assert "hush" not in repr(loaded)


async def test_a_name_that_does_not_exist_is_an_attribute_error(db):
    ann = await db.get(Member, 1)
    with pytest.raises(AttributeError, match="'Member' has no attribute 'nmae'"):
        _ = ann.nmae
    assert not hasattr(ann, "__html__")
