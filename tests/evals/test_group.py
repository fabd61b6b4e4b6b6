from __future__ import annotations

from llmops_magics.datasets.case import Case
from llmops_magics.evals.group import group_of


def case(**metadata):
    return Case(id="c", inputs={}, metadata=metadata)


def test_the_group_of_a_case():
    assert group_of(case(group="document 7")) == "document 7"
    assert group_of(case(group=7)) == "7"
    assert group_of(case()) == group_of(case(group="")) == group_of(case(group=None)) == ""


def test_a_group_that_is_personal_data_goes_by_its_digest():
    ada, bob = group_of(case(group="ada@example.com")), group_of(case(group="bob@example.com"))
    assert ada.startswith("sha256:")
    assert ada != bob
