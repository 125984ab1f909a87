"""What models, columns and rows are called in the console."""

from sennit import Mapped, Model, column, relationship
from sennit.admin.registration import Registration
from sennit.admin.wording import label_for, label_of, noun_of, plural_of


class Person(Model, noun="member", plural="people"):
    given: Mapped[str] = column(label="First name")
    birthday: Mapped[str | None]


class PressReview(Model):
    reviewer_id: Mapped[int] = column(references=Person.id, label="Written by")
    editor_id: Mapped[int | None] = column(references=Person.id)
    reviewer: Mapped[Person] = relationship(foreign_keys=reviewer_id)
    editor: Mapped[Person | None] = relationship(foreign_keys=editor_id)


def test_a_model_says_its_nouns_or_its_name_does():
    assert (noun_of(Person), plural_of(Person)) == ("Member", "People")
    assert (noun_of(PressReview), plural_of(PressReview)) == ("Press review", "Press reviews")
    assert label_of(Person(id=3, given="Ann")) == "Member 3"


def test_a_column_says_its_label_or_its_name_does():
    assert label_for(Person, "given") == "First name"
    assert label_for(Person, "birthday") == "Birthday"
    assert label_for(PressReview, "reviewer_id") == "Written by"
    assert label_for(PressReview, "editor_id") == "Editor"


def test_a_relation_is_called_as_its_column():
    assert label_for(PressReview, "reviewer") == "Written by"
    assert label_for(PressReview, "editor") == "Editor"


def test_lists_and_forms_use_them():
    shown = Registration(Person, list=["given", "birthday"])
    assert shown.title == "People"
    assert [made.label for made in shown.columns] == ["First name", "Birthday"]
    assert [field.label for field in shown.fields] == ["First name", "Birthday"]
