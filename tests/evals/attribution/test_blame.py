from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.blame import blame
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.scorer import resolve, scorer
from llmops_magics.evals.target import PromptTarget
from llmops_magics.testing import Reply


def answer(request):
    """Rude prompts are answered with no."""
    return Reply("no" if "rude" in request["messages"][0]["content"] else "yes")


@pytest.fixture
def history(bench, version):
    """Versions 1 to 6 are registered; 4 made it rude."""
    bench = bench(answer)
    versions = [version(f"Be {'rude' if n > 3 else 'kind'}. Rule {n}.", n) for n in range(1, 7)]
    bench.register(*versions)
    return bench, versions


def test_it_names_the_step_that_moved_the_metric(history):
    bench, versions = history
    measure = bench.bound()
    for number in (1, 3, 4, 6):
        measure(versions[number - 1])
    asked = bench.asked
    found = blame(bench.store, "p", "contains")
    assert [(s.before, s.after, s.unmeasured) for s in found.steps] == [
        (1, 3, (2,)), (3, 4, ()), (4, 6, (5,)),
    ]  # fmt: skip
    assert [s.effect.verdict for s in found.steps] == ["within noise", "worse", "within noise"]
    step = found.steps[1]
    assert (step.mean_before, step.mean_after, step.effect.difference) == (1.0, 0.0, -1.0)
    assert (step.message, step.author) == ("change 4", "ada")
    assert step.effect.confidence == pytest.approx(1 - 0.05 / 3)
    assert step.effect.method == "Newcombe paired; Bonferroni over 3 comparisons"
    assert (found.unmeasured, found.other_evals, found.dataset) == ((2, 5), 0, "questions")
    assert bench.asked == asked  # no call was made


def test_only_runs_on_the_same_data_model_and_scorer_are_compared(history, dataset):
    bench, versions = history

    @scorer(name="contains")
    def another(output):
        return True

    for number in (1, 2, 4):
        bench.bound()(versions[number - 1])
    bench.bound(dataset=dataset(3, "small"))(versions[2])
    bench.bound(model="openai/other")(versions[2])
    bench.bound([another])(versions[2])
    found = blame(bench.store, "p", "contains")
    assert [(s.before, s.after) for s in found.steps] == [(1, 2), (2, 4)]
    assert (found.other_evals, found.model) == (3, "openai/scripted")
    small = blame(bench.store, "p", "contains", dataset_digest=dataset(3).digest)
    assert (small.steps, small.dataset, small.other_evals) == ((), "small", 5)
    other = blame(bench.store, "p", "contains", model="openai/other")
    assert (other.steps, other.unmeasured) == ((), (1, 2, 4, 5, 6))


def test_the_newest_run_of_a_version_counts(history):
    bench, versions = history
    measure = bench.bound()
    measure(versions[0])
    measure(versions[1])

    plan = EvalPlan(
        target=PromptTarget(version=versions[1]),
        dataset=bench.dataset,
        scorers=resolve(["contains"]),
        model="openai/scripted",
        repeats=2,
    )
    bench.run(plan)
    found = blame(bench.store, "p", "contains")
    assert found.steps[0].effect.is_proportion is False  # two repeats are a mean


def test_content_that_came_back_has_the_run_of_that_content(history, version):
    bench, versions = history
    bench.register(version("Be kind. Rule 1.", 7))
    measure = bench.bound()
    measure(versions[0])
    measure(versions[3])
    found = blame(bench.store, "p", "contains")
    assert [(s.before, s.after, s.effect.verdict) for s in found.steps] == [
        (1, 4, "worse"), (4, 7, "better"),
    ]  # fmt: skip


def test_drafts_and_other_prompts_are_left_out(history, version):
    bench, versions = history
    measure = bench.bound()
    measure(versions[0])
    measure(version("A draft.", 0))
    measure(version("Another prompt.", 1, name="q"))
    found = blame(bench.store, "p", "contains")
    assert (found.steps, found.other_evals) == ((), 0)


def test_latency_is_a_metric_of_every_run(history):
    bench, versions = history
    measure = bench.bound()
    measure(versions[0])
    measure(versions[1])
    (step,) = blame(bench.store, "p", "latency_ms").steps
    assert step.mean_before > 0
    assert step.effect.n == 20


def test_what_is_not_there_is_refused(history):
    bench, versions = history
    with pytest.raises(UsageError, match="no prompt 'nobody'"):
        blame(bench.store, "nobody", "contains")
    with pytest.raises(UsageError, match="No finished eval of 'p'"):
        blame(bench.store, "p", "contains")
    bench.bound()(versions[0])
    with pytest.raises(UsageError, match="There are contains, latency_ms"):
        blame(bench.store, "p", "bleu")
    with pytest.raises(UsageError, match="on that dataset and model"):
        blame(bench.store, "p", "contains", model="openai/none")
