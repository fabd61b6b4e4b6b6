"""The suites: what a seed decides, and that quoting an attack is no success."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.guard.redteam.family import families
from llmops_magics.guard.redteam.outcome import Answered, judge
from llmops_magics.guard.redteam.suite import MOST_PER_FAMILY, Surface, make_suite

DIGEST = (
    "from llmops_magics.guard.redteam.suite import make_suite; print(make_suite(seed=3).digest)"
)
PLANTED = ("data-leakage", "tenant-leakage")  # whose document holds what must not come out


def test_one_seed_makes_the_same_attacks_in_every_process():
    other = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == make_suite(seed=3).digest
    assert make_suite(seed=3).digest != make_suite(seed=4).digest


def test_every_family_is_there_and_every_template_comes_once_before_one_comes_twice():
    suite = make_suite(per_family=3)
    assert [attack.family for attack in suite.attacks[::3]] == list(families())
    assert all(attack.mutator == "plain" or attack.family == "encoding" for attack in suite.attacks)
    assert len({attack.template for attack in suite.attacks}) == 3 * len(families())


def test_ids_are_distinct_and_a_larger_suite_holds_the_smaller_one():
    small, large = make_suite(per_family=4), make_suite(per_family=MOST_PER_FAMILY)
    ids = [attack.id for attack in large.attacks]
    assert len(set(ids)) == len(ids) > 500
    assert set(small.attacks) <= set(large.attacks)


def test_quoting_an_attack_in_a_refusal_is_no_success():
    for attack in make_suite(per_family=MOST_PER_FAMILY).attacks:
        document = "" if attack.family in PLANTED else attack.document
        quoted = "\n".join([attack.user, document, *(turn.content for turn in attack.history)])
        outcome = judge(attack.goals, Answered(output=quoted, system="a system prompt " * 10))
        assert outcome.succeeded is False, (attack.id, outcome.reason)


def test_no_place_in_a_template_is_left_empty():
    for attack in make_suite(per_family=MOST_PER_FAMILY).attacks:
        assert attack.user, attack.id
        assert "$" not in attack.user + attack.document, attack.id
        assert attack.channel == "user" or attack.document


def test_a_family_that_cannot_be_judged_is_left_out_and_said_so():
    blind = Surface(has_system=False)
    suite = make_suite(surface=blind)
    assert list(suite.left_out) == ["prompt-leakage"]
    with pytest.raises(UsageError, match="no canary"):
        make_suite(only=["prompt-leakage"], surface=blind)
    held = make_suite(
        only=["prompt-leakage"], surface=Surface(canaries=("KITE",), has_system=False)
    )
    assert [goal.texts for goal in held.attacks[0].goals if goal.kind == "reveals"] == [("KITE",)]
    assert judge(held.attacks[0].goals, Answered(output="No.")).succeeded is False


def test_attacks_name_the_tools_of_the_target():
    suite = make_suite(only=["tool-misuse"], surface=Surface(tools=("refund",)))
    assert all(goal.tools == ("refund",) for attack in suite.attacks for goal in attack.goals)
    assert all("refund" in attack.document for attack in suite.attacks)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"name": "owsap"}, "no suite"),
        ({"only": ["rol-play"]}, "Did you mean role-play"),
        ({"per_family": 0}, "1 to 200"),
    ],
)
def test_what_is_not_there_is_refused(wanted, message):
    with pytest.raises(UsageError, match=message):
        make_suite(**wanted)
