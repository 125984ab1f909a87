"""Programs in one process do not see each other's models."""

import sys
import textwrap
from types import ModuleType

import pytest

from sennit.errors import SennitError
from sennit.model import Mapped, Model, column, models_of, relationship


def load(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = f"{name.replace('.', '/')}.py"
    sys.modules[name] = module
    exec(textwrap.dedent("from sennit.model import *\n") + textwrap.dedent(source), module.__dict__)
    return module


TODO = "class Todo(Model):\n    text: Mapped[str]\n"


@pytest.fixture(autouse=True)
def _forget():
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_two_files_may_have_the_same_model():
    one, two = load("program_one", TODO), load("program_two", TODO)
    assert one.Todo.__table__ is not two.Todo.__table__
    assert models_of(["program_one"]) == [one.Todo]


def test_modules_of_a_package_share_their_models():
    load("program_shop", "")
    user = load("program_shop.users", "class User(Model):\n    name: Mapped[str]\n")
    order = load(
        "program_shop.orders",
        """
        class Order(Model):
            user_id: Mapped[int] = column(references="User.id")
            user: Mapped["User"] = relationship()
        """,
    )
    assert order.Order.user.property.mapper.class_ is user.User
    assert models_of(["program_shop.orders"]) == [user.User, order.Order]


def test_a_relation_may_name_an_imported_model_of_another_program_as_text():
    load("program_people", "class Person(Model):\n    name: Mapped[str]\n")
    note = load(
        "program_notes",
        """
        from program_people import Person
        class Note(Model):
            person_id: Mapped[int] = column(references=Person.id)
            person: Mapped["Person"] = relationship()
        """,
    ).Note
    assert note.person.property.mapper.class_ is sys.modules["program_people"].Person


def test_a_relation_to_nothing_suggests_a_name():
    class Comment(Model):
        pass

    class Article(Model):
        comment_id: Mapped[int] = column(references=Comment.id)
        comment: Mapped["Coment"] = relationship()  # noqa: F821

    with pytest.raises(SennitError, match="Did you mean 'Comment'") as caught:
        Article.where(comment=None)
    assert caught.value.code == "model.E023"


def test_a_file_imported_anew_starts_afresh():
    first = load("program_again", TODO)
    second = load("program_again", TODO)
    assert first.Todo is not second.Todo
    assert models_of(["program_again"]) == [second.Todo]


def test_a_second_model_of_a_table_is_refused():
    with pytest.raises(SennitError) as caught:
        load("program_twice", TODO + "class Other(Model, table='todo'):\n    text: Mapped[str]\n")
    assert caught.value.code == "model.E005"


def test_a_class_inside_a_function_may_be_defined_again():
    def make():
        class Local(Model):
            text: Mapped[str]

        return Local

    assert make() is not make()


def test_a_model_may_refer_to_one_of_another_program():
    user = load("program_users", "class User(Model):\n    name: Mapped[str]\n").User

    class Note(Model):
        user_id: Mapped[int] = column(references=user.id)

    (key,) = Note.__table__.foreign_keys
    assert key.column is user.__table__.columns["id"]
