import pytest

from sennit.auth.usernames import MOST_CHARACTERS, username_fault, username_key


@pytest.mark.parametrize("other", ["ANN", "Ann", " ann ", "ａｎｎ"])
def test_names_that_look_alike_in_any_case_are_the_same(other):
    assert username_key(other) == username_key("ann")


def test_the_sharp_s_is_folded():
    assert username_key("STRASSE") == username_key("straße")


def test_a_long_name_costs_no_more_than_the_longest_allowed():
    assert len(username_key("x" * 100_000)) == MOST_CHARACTERS


@pytest.mark.parametrize("name", ["ann", "Ann.Lee", "ann@example.org", "jürgen", "安", "a+b", "x" * MOST_CHARACTERS])
def test_letters_of_all_scripts_and_mail_addresses_are_names(name):
    assert not username_fault(name)


@pytest.mark.parametrize("name", ["", " ", "a b", "a\nb", "a/b", "<b>", "x" * (MOST_CHARACTERS + 1), "a\u202eb", "a\0"])
def test_what_could_be_taken_for_something_else_is_no_name(name):
    assert username_fault(name)
