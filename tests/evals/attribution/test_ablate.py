from __future__ import annotations

import re

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.ablate import ablate
from llmops_magics.prompts.version import ChangeTest, Message
from llmops_magics.testing import Reply


def case_of(request):
    return int(re.search(r"\d+", request["messages"][-1]["content"])[0])


def answer(request):
    """``Shout.`` loses 12 of the 20 cases, ``Whisper.`` 2 others; a seed of 7 wins all back."""
    system = request["messages"][0]["content"]
    lost = (12 if "Shout." in system else 0) + (2 if "Whisper." in system else 0)
    return Reply("no" if case_of(request) < lost and request.get("seed") != 7 else "yes")


@pytest.fixture
def pair(version):
    base = version("Be kind. Be brief.")
    whole = version("Be kind. Shout. Whisper. Be brief.", 2, settings={"temperature": 0})
    return base, whole


def test_the_part_that_moved_the_metric_comes_first(bench, pair):
    bench = bench(answer)
    found = ablate(*pair, "contains", bench.bound())
    assert (found.base_mean, found.whole_mean, found.whole.verdict) == (1.0, 0.3, "worse")
    assert [(h.field, h.after, h.effect.difference, h.effect.verdict) for h in found.hunks] == [
        ("system", "Shout.", -0.6, "worse"),
        ("system", "Whisper.", pytest.approx(-0.1), "within noise"),
        ("settings.temperature", "0", 0.0, "within noise"),
    ]  # fmt: skip
    assert found.interaction == pytest.approx(0.0)
    assert (found.evals_run, found.evals_reused, found.skipped) == (5, 0, ())
    assert bench.asked == 100
    assert found.whole.confidence == pytest.approx(0.95)
    assert found.hunks[0].effect.confidence == pytest.approx(1 - 0.05 / 3)


def test_what_was_measured_before_costs_nothing(bench, pair):
    bench = bench(answer)
    ablate(*pair, "contains", bench.bound())
    asked = bench.asked
    found = ablate(*pair, "contains", bench.bound())
    assert (found.evals_run, found.evals_reused, bench.asked) == (0, 5, asked)
    assert all(hunk.reused for hunk in found.hunks)


def test_parts_that_work_against_each_other_interact(bench, version):
    bench = bench(answer)
    base = version("Be kind.")
    whole = version("Be kind. Shout.", 2, settings={"seed": 7})
    found = ablate(base, whole, "contains", bench.bound())
    assert (found.whole.difference, found.hunks[0].effect.difference) == (0.0, -0.6)
    assert found.interaction == pytest.approx(0.6)


def test_a_change_of_one_part_is_measured_once(bench, version):
    bench = bench(answer)
    found = ablate(version("Hi."), version("Shout.", 2), "contains", bench.bound())
    assert (len(found.hunks), found.evals_run, found.evals_reused, bench.asked) == (1, 2, 1, 40)


def test_half_a_block_cannot_stand_alone(bench, version):
    bench = bench(answer)
    base = version("Start. Be kind. End.")
    whole = version("{% if q %}Start. Be kind. End.{% endif %} Shout.", 2)
    found = ablate(base, whole, "contains", bench.bound())
    assert [hunk.after for hunk in found.hunks] == ["Shout."]
    first, second = found.skipped
    assert first.startswith("system ({% if q %}Start.): the template does not compile")
    assert second.startswith("system (End.{% endif %}): the template does not compile")
    assert found.interaction is None


def test_a_variable_that_the_data_lack_cannot_be_measured_alone(bench, version):
    bench = bench(answer)
    base = version("Be kind.", inputs={"q": {"type": "string"}})
    system = "{% if q %}{{ q }}{% else %}{{ tone }}{% endif %}"
    whole = version("Be kind. Shout.", 2, inputs={"q": {"type": "string", "minLength": 1}})
    lacking = version(f"Be kind. Shout. {system}", 3)
    with pytest.raises(Exception, match="lacks tone"):
        ablate(base, lacking, "contains", bench.bound())
    found = ablate(base, whole, "contains", bench.bound())
    assert {hunk.field for hunk in found.hunks} == {"system", "inputs.q"}


def test_tests_are_not_sent_and_so_not_measured(bench, version):
    bench = bench(answer)
    tests = (ChangeTest(data="d", rules=("errors == 0",)),)
    found = ablate(version("A."), version("Shout.", 2, tests=tests), "contains", bench.bound())
    assert found.skipped == ("tests: tests are not sent to the model",)
    assert (len(found.hunks), found.interaction) == (1, pytest.approx(0.0))


def test_many_parts_are_grouped_and_too_many_refused(bench, version):
    bench = bench(answer)
    messages = (
        Message(role="system", content="One. Two. Shout."),
        Message(role="user", content="{{ q }}"),
    )
    base, whole = version("Ask. Wait. Be."), version(messages=messages, number=2, model="m/x")
    found = ablate(base, whole, "contains", bench.bound(), max_hunks=2)
    assert [(h.field, h.after) for h in found.hunks] == [
        ("system", "One.\nTwo.\nShout."),
        ("model", "m/x"),
    ]
    with pytest.raises(UsageError, match="has 2 parts, and at most 1"):
        ablate(base, whole, "contains", bench.bound(), max_hunks=1)


def test_the_same_content_has_no_parts(bench, version):
    with pytest.raises(UsageError, match="same content"):
        ablate(version(), version(number=2), "contains", bench(answer).bound())
