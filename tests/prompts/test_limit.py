import math

import pytest
from jinja2.utils import Namespace

from llmops_magics.errors import RenderError
from llmops_magics.prompts.limit import LEAF_WEIGHT, MAX_VALUE_WEIGHT, Budget, weigh


def test_a_shared_part_weighs_as_often_as_it_is_reached():
    text = "abc"  # 4: three characters and one
    once = LEAF_WEIGHT * 2 + 4  # the list, its one item, the text
    assert weigh([text]) == once
    shared = [text]
    assert weigh([shared, shared]) == LEAF_WEIGHT * 3 + 2 * once


def test_a_cycle_has_an_end():
    ring: list = []
    ring.append(ring)
    space = Namespace()
    space["me"] = [space]
    assert weigh(ring) > MAX_VALUE_WEIGHT
    assert weigh(space) > MAX_VALUE_WEIGHT


def test_an_endless_iterator_is_stopped():
    with pytest.raises(RenderError, match="over the size limit"):
        Budget().admit(iter(int, 1))


def test_depth_is_given_back():
    budget = Budget()
    for _ in range(200):
        with budget.deeper():
            pass


@pytest.mark.parametrize("weight", [-1, -math.inf, math.nan])
def test_nothing_gives_work_back(weight):
    budget = Budget()
    for use in (budget.spend, budget.emit):
        with pytest.raises(RenderError, match="negative amount of work"):
            use(weight)
    budget.spend(0)
