"""Whatever changes the result of a query is told, and matches what the query reads: random queries, random changes."""

import enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError

from sennit.errors import Conflict
from sennit.model import Mapped, Model, change_matches, column, models_of, relationship
from sennit.model.adopt import as_query
from sennit.model.capture import watch_engine
from sennit.model.fetch import Fetch
from sennit.model.plans import Plans
from sennit.model.sqlite import Location, connect, thread_engine
from sennit.model.sqlite_backend import perform
from sennit.model.sync import SyncDatabase
from sennit.model.tables import fit, tables_of


class Kind(enum.Enum):
    A = "a"
    B = "b"


class Team(Model):
    name: Mapped[str] = column(index=True)
    players: Mapped[list["Player"]] = relationship(back_populates="team")


class Player(Model):
    team_id: Mapped[int] = column(references=Team.id, on_delete="cascade")
    boss_id: Mapped[int | None] = column(references="Player.id", on_delete="cascade")
    name: Mapped[str] = column(index=True)
    kind: Mapped[Kind] = column(default=Kind.A, index=True)
    active: Mapped[bool] = column(default=True, index=True)
    score: Mapped[int] = column(default=0)
    team: Mapped[Team] = relationship(back_populates="players")
    bonuses: Mapped[list["Bonus"]] = relationship(back_populates="player")


class Bonus(Model):
    player_id: Mapped[int | None] = column(references=Player.id, on_delete="set null")
    points: Mapped[int] = column(default=1)
    player: Mapped[Player | None] = relationship(back_populates="bonuses")


# -- queries --------------------------------------------------------------------------------------------------------

ids = st.integers(1, 4)
names = st.sampled_from(["x", "y", "X"])
loose_ids = st.one_of(ids, ids.map(str), ids.map(float))

team_conditions = st.one_of(
    names.map(lambda n: Team.name == n),
    ids.map(lambda i: Team.id == i),
    names.map(lambda n: Team.players.any(Player.name == n)),
)
player_conditions = st.one_of(
    ids.map(lambda i: Player.team_id == i),
    loose_ids.map(lambda i: Player.team_id == i),
    ids.map(lambda i: i == Player.boss_id),
    st.just(Player.boss_id.is_(None)),
    names.map(lambda n: Player.name == n),
    names.map(lambda n: Player.name.ilike(n)),
    st.lists(ids, max_size=3).map(Player.id.in_),
    st.sampled_from(Kind).map(lambda k: Player.kind == k),
    st.booleans().map(lambda b: Player.active == b),
    names.map(lambda n: Player.team.has(Team.name == n)),
    names.map(lambda n: Player.team_id.in_(Team.where(name=n).values(Team.id))),
    ids.map(lambda i: or_(Player.score > i, Player.team_id == i)),
    st.just(Player.score > select(func.avg(Bonus.points)).scalar_subquery()),
    ids.map(lambda i: (Player.team_id == i) & (Player.active == True)),  # noqa: E712
)
player_equals = st.fixed_dictionaries(
    {},
    optional={
        "team_id": loose_ids,
        "boss_id": st.one_of(st.none(), ids),
        "name": names,
        "active": st.one_of(st.booleans(), st.integers(0, 1)),
        "kind": st.sampled_from(Kind),
    },
)


@st.composite
def own_queries(draw) -> Any:
    query = Player.where(*draw(st.lists(player_conditions, max_size=2)), **draw(player_equals)).order_by(Player.id)
    if draw(st.booleans()):
        query = query.load(
            *draw(
                st.sampled_from(
                    [(Player.team,), (Player.bonuses,), (Player.team, Player.bonuses), (Player.team, Team.players)]
                )
            )
        )
    if draw(st.booleans()):
        query = query.order_by(draw(st.sampled_from([Player.score, Player.name, Player.score.desc()])), Player.id)
    if draw(st.booleans()):
        query = query.limit(draw(st.integers(0, 3)))
    shape = draw(st.sampled_from(["rows", "count", "sum", "exists", "first", "values", "distinct", "page"]))
    match shape:
        case "count":
            return query.count()
        case "sum":
            return query.sum(Player.score)
        case "exists":
            return query.exists()
        case "first":
            return query.first()
        case "values":
            return query.values(Player.name, Player.score)
        case "distinct":
            return query.values(Player.name).distinct().order_by(Player.name)
        case "page":
            return query.page(draw(st.integers(1, 2)), 2)
    return query


@st.composite
def other_queries(draw) -> Any:
    team = Team.where(*draw(st.lists(team_conditions, max_size=2))).order_by(Team.id)
    bonus = Bonus.where(**draw(st.fixed_dictionaries({}, optional={"player_id": st.one_of(st.none(), ids)}))).order_by(
        Bonus.id
    )
    return draw(
        st.sampled_from(
            [
                team,
                team.load(Team.players),
                team.load(Team.players, Player.bonuses),
                bonus,
                bonus.load(Bonus.player, Player.team),
            ]
        )
    )


@st.composite
def selects(draw) -> Any:
    is_outer = draw(st.booleans())
    statement = draw(
        st.sampled_from(
            [
                select(Player).join(Player.team, isouter=is_outer),
                select(Team.id, Player.name).join(Player, Player.team_id == Team.id, isouter=is_outer),
                select(Player.id, Bonus.points).join(Bonus, Bonus.player_id == Player.id, isouter=is_outer),
                select(Team.name, func.count(Player.id)).join(Team.players, isouter=is_outer).group_by(Team.name),
                select(Player),
            ]
        )
    )
    froms = {table.name for source in statement.get_final_froms() for table in _tables(source)}
    if "player" in froms:
        statement = statement.where(*draw(st.lists(player_conditions, max_size=2)))
    if "team" in froms:
        statement = statement.where(*draw(st.lists(team_conditions, max_size=1)))
    if "bonus" in froms and draw(st.booleans()):
        statement = statement.where(
            draw(st.sampled_from([Bonus.id.is_(None), Bonus.player_id == 1, Bonus.points == 1]))
        )
    return statement


def _tables(source: Any) -> list[Any]:
    return [source] if not hasattr(source, "left") else _tables(source.left) + _tables(source.right)


# -- changes --------------------------------------------------------------------------------------------------------

new_values = st.fixed_dictionaries(
    {},
    optional={
        "team_id": loose_ids,
        "boss_id": st.one_of(st.none(), ids),
        "name": names,
        "score": st.integers(0, 5),
        "active": st.booleans(),
        "kind": st.sampled_from(Kind),
    },
)
texts = st.sampled_from(
    [
        "update player set score = score + 1",
        "delete from player where team_id = 1",
        "delete from team where id = 2",
        "insert into bonus (player_id, points) values (1, 9)",
        "with t as (select 1) update player set name = 'y' where id = 2",
        "/* why */ delete from bonus",
    ]
)
operations = st.one_of(
    st.tuples(st.just("insert"), new_values),
    st.tuples(st.just("insert_many"), st.lists(new_values, min_size=1, max_size=3)),
    st.tuples(st.just("update"), st.tuples(ids, new_values)),
    st.tuples(st.just("delete"), st.tuples(st.sampled_from([Player, Team, Bonus]), ids)),
    st.tuples(st.just("bulk_update"), st.tuples(st.lists(player_conditions, max_size=2), player_equals, new_values)),
    st.tuples(st.just("bulk_expression"), st.tuples(player_equals)),
    st.tuples(st.just("bulk_delete"), st.tuples(st.lists(player_conditions, max_size=1), player_equals)),
    st.tuples(st.just("move"), st.tuples(ids, ids)),
    st.tuples(st.just("text"), texts),
)


def apply(db: SyncDatabase, operation: tuple[str, Any]) -> None:
    kind, detail = operation
    match kind:
        case "insert":
            db.add(Player(**{"team_id": 1, "name": "x", **detail}))
        case "insert_many":
            rows = [
                {"team_id": 1, "name": "x", "kind": Kind.A, "active": True, "score": 0, **values} for values in detail
            ]
            db.execute(
                insert(Player.__table__).values(
                    [{"team_id": 1, "name": "n", "kind": Kind.A, "active": True, "score": 1}]
                )
            )
            for row in rows:
                db.session.execute(insert(Player), [row])
        case "update":
            player = db.find(Player, detail[0])
            for name, value in detail[1].items() if player else ():
                setattr(player, name, value)
        case "delete":
            row = db.find(*detail)
            if row is not None:
                db.delete(row)
        case "bulk_update":
            if detail[2]:
                db.execute(Player.where(*detail[0], **detail[1]).update(**detail[2]))
        case "bulk_expression":
            db.execute(Player.where(**detail[0]).update(score=Player.score + 1, team_id=Player.team_id))
        case "bulk_delete":
            db.execute(Player.where(*detail[0], **detail[1]).delete())
        case "move":
            player, team = db.find(Player, detail[0]), db.find(Team, detail[1], load=[Team.players])
            if player is not None and team is not None and player not in team.players:
                team.players.append(player)
        case "text":
            db.execute(detail)
    db.flush()


# -- the property ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    location = Location("sqlite://", Path())
    engine = thread_engine(location)
    tables = tables_of(models_of([__name__]))
    watch_engine(engine, lambda: tables)
    with engine.begin() as connection:
        fit(connection, tables)
    told: list[Any] = []
    fake = SimpleNamespace(publish_from_thread=told.extend, tables=lambda: tables, thread_engine=engine)
    reader = connect(location)
    yield SimpleNamespace(engine=fake, told=told, reader=reader, fetch=Fetch(Plans(SQLiteDialect_pysqlite())))
    reader.close()
    engine.dispose()
    location.discard()


def _refill(world: Any) -> None:
    for table in ("bonus", "player", "team", "sqlite_sequence"):
        world.reader.execute(f"delete from {table}")
    world.reader.executescript(
        """
        begin;
        insert into team values (1, 'x'), (2, 'y'), (3, 'x'), (4, 'z');
        insert into player values (1, 1, null, 'x', 'a', 1, 0), (2, 1, 1, 'y', 'b', 1, 3), (3, 2, 2, 'x', 'a', 0, 1);
        insert into bonus values (1, 1, 1), (2, 3, 2), (3, null, 1);
        commit;
        """
    )


def _shown(value: Any) -> Any:
    """A result with the relations that it shows, as plain values."""
    if hasattr(value, "items") and hasattr(value, "total"):
        return ("page", value.total, _shown(value.items))
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    return sorted((k, repr(_shown(v))) for k, v in value.__json__().items()) if hasattr(value, "__json__") else value


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(st.one_of(own_queries(), own_queries(), other_queries(), selects()), min_size=3, max_size=3),
    change=st.lists(operations, min_size=1, max_size=2),
    undone=st.lists(operations, max_size=1),
)
def test_a_change_that_alters_a_result_is_told_and_matches(world, asked, change, undone):
    _refill(world)
    queries = [as_query(query) for query in asked]
    before = [repr(_shown(perform(world.reader, world.fetch.resolve(query)))) for query in queries]
    world.told.clear()
    db = SyncDatabase(world.engine)
    try:
        for operation in undone:
            try:
                with db.transaction():
                    apply(db, operation)
                    raise ZeroDivisionError
            except (ZeroDivisionError, Conflict, IntegrityError):
                pass
        for operation in change:
            apply(db, operation)
        db.commit()
    except (Conflict, IntegrityError):
        pass
    finally:
        db.close()
    for query, old in zip(queries, before, strict=True):
        new = repr(_shown(perform(world.reader, world.fetch.resolve(query))))
        if new != old:
            assert any(change_matches(read, told) for read in query.reads() for told in world.told), (
                query,
                query.reads(),
                world.told,
            )
