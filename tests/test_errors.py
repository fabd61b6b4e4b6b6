from __future__ import annotations

import inspect

import pytest

from llmops_magics import errors
from llmops_magics.errors import LlmopsError

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass)]


def test_an_error_says_what_to_do_after_what_was_wrong():
    error = LlmopsError("the store is locked.", hint="Wait for it.")
    assert str(error) == "the store is locked. Wait for it."
    assert (error.message, error.hint) == ("the store is locked.", "Wait for it.")


def test_an_error_without_a_hint_is_its_message():
    assert str(LlmopsError("the store is locked.")) == "the store is locked."


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_in_the_tree_and_in_its_drawing(error):
    assert issubclass(error, LlmopsError)
    assert error.__doc__
    assert error.__name__ in (errors.__doc__ or "")


def test_the_drawing_indents_a_class_under_its_base():
    lines = (errors.__doc__ or "").splitlines()
    drawn = {
        name: at for line in lines if (at := line.find("── ") + 3) > 2 for name in [_name(line)]
    }
    for name, column in drawn.items():
        (base,) = getattr(errors, name).__bases__
        assert column == drawn.get(base.__name__, 4) + 4, name


def _name(line):
    return line.split("── ")[1].split()[0]


def test_a_model_error_says_whether_to_try_again_and_how_often_it_was_tried():
    error = errors.RateLimitError("too fast.", is_transient=True, retry_after_s=2.0, tries=3)
    assert (error.is_transient, error.retry_after_s, error.tries) == (True, 2.0, 3)
    assert not errors.BadResponseError("broken.").is_transient
