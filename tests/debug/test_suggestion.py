import pytest

from sennit.debug.suggestion import suggestion

from .failing import caught
from .shop import pages


def hint(fn):
    return suggestion(caught(fn))


def test_a_misspelt_key_names_the_nearest_and_the_keys_there_are():
    assert hint(lambda: pages.price_of("coffe", 1)) == "Did you mean 'coffee'? The keys are 'tea', 'coffee', 'cocoa'."


def test_a_number_asked_of_text_keys_says_so():
    prices = {"7": 1}
    assert hint(lambda: prices[7]) == "The keys are text: did you mean '7'?"  # type: ignore[index]


def test_text_asked_of_number_keys_says_so():
    prices = {7: 1}
    assert hint(lambda: prices["7"]) == "The keys are numbers: did you mean 7?"  # type: ignore[index]


def test_a_misspelt_attribute_names_the_nearest():
    assert hint(pages.misspelt_attribute) == "Did you mean 'title'?"


def test_an_attribute_of_none_names_what_is_none():
    assert hint(pages.none_before_dot) == "'story' is None here."


def test_a_name_that_is_a_field_suggests_self():
    assert hint(pages.forgotten_self) == "Did you mean 'self.title'?"


def test_a_name_that_is_a_module_suggests_the_import():
    assert hint(lambda: json.dumps({})) == "Did you forget 'import json'?"  # type: ignore[name-defined]  # noqa: F821


def test_a_misspelt_name_is_looked_for_in_variables_globals_and_built_ins():
    basket = 1
    assert hint(lambda: (baskte, basket)) == "Did you mean 'basket'?"  # type: ignore[name-defined]  # noqa: F821
    assert hint(lambda: pagse) == "Did you mean 'pages'?"  # type: ignore[name-defined]  # noqa: F821
    assert hint(lambda: sortde([])) == "Did you mean 'sorted'?"  # type: ignore[name-defined]  # noqa: F821


def test_a_misspelt_keyword_names_the_nearest_parameter():
    assert hint(pages.misspelt_keyword).startswith("Did you mean 'api_key'? It takes url, api_key, pages.")


def test_a_name_that_a_module_has_not_names_the_nearest():
    assert hint(lambda: exec("from collections import OrderdDict")) == "Did you mean 'OrderedDict'?"


def test_a_misspelt_module_names_the_nearest():
    assert hint(lambda: exec("import jsn")) == "Did you mean 'json'?"
    assert hint(lambda: exec("import email.mine")) == "Did you mean 'email.mime'?"


def test_an_undefined_name_in_a_template_names_the_nearest_value_it_was_given():
    render = pages.templates.get_template("undefined.html").render
    assert hint(lambda: render(author="Ann")) == "Did you mean 'author'? The template was given author."


@pytest.mark.parametrize("error", [KeyError(), KeyError("x"), NameError("x"), AttributeError("x"), ValueError("x")])
def test_where_nothing_is_known_nothing_is_said(error):
    assert suggestion(error) == ""


def test_an_error_that_suggests_by_itself_is_left_alone():
    assert suggestion(NameError("no x. Did you mean 'y'?", name="x")) == ""


def test_no_code_of_the_program_is_called_and_nothing_is_raised():
    class Hostile:
        def __getattr__(self, name):
            raise AttributeError(name, name=name, obj=self)

        def __dir__(self):
            raise AssertionError("called")

        def __str__(self):
            raise AssertionError("called")

    assert hint(lambda: Hostile().x) == ""

    class Bad(Exception):
        def __str__(self):
            raise ValueError

    assert suggestion(Bad()) == ""
