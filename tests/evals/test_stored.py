from __future__ import annotations

import pytest
from sqlalchemy import select

from llmops_magics.errors import UsageError
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.scorer import resolve, scorer
from llmops_magics.evals.stored import find_run, finished_runs, load_run, owner
from llmops_magics.evals.target import PromptTarget
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.table import eval_run
from llmops_magics.testing import Reply

MODEL = "openai/scripted"
EMAIL = "ada.lovelace@example.com"


def evaluate(bench, version, scorers=("contains",), **options):
    measurer = bench.measurer(**options)
    return measurer(version, bench.dataset, resolve(scorers), MODEL)


def find(bench, version, scorers=("contains",), **changes):
    wanted = {
        "prompt_digest": version.digest,
        "dataset_digest": bench.dataset.digest,
        "model": MODEL,
        "scorer_digests": {s.name: s.digest for s in resolve(scorers)},
        "repeats": 1,
    }
    return find_run(bench.store, **{**wanted, **changes})


def test_a_run_read_back_is_the_run_that_was_returned(bench, version):
    bench = bench(Reply("yes", model="scripted-1"))
    first = evaluate(bench, version())
    again = evaluate(bench, version())
    assert (first.reused, again.reused, bench.asked) == (False, True, 20)
    assert again.run == first.run
    assert again.run.resolved_models == ("scripted-1",)


def test_a_run_is_found_by_everything_that_decides_it(bench, version):
    bench = bench()
    run = evaluate(bench, version()).run
    assert find(bench, version()) == run.run_id
    assert find(bench, version("Other.")) is None
    for changed in ("prompt_digest", "dataset_digest", "model"):
        assert find(bench, version(), **{changed: "other"}) is None
    assert find(bench, version(), repeats=2) is None
    assert find(bench, version(), scorer_digests={"contains": "sha256:0"}) is None


def test_a_run_with_more_scorers_serves_and_shows_only_what_was_asked_for(bench, version):
    bench = bench()
    evaluate(bench, version(), ["contains", "exact_match"])
    found = evaluate(bench, version(), ["contains"])
    assert (found.reused, bench.asked) == (True, 20)
    assert list(found.run.scorer_digests) == ["contains"]
    assert [score.scorer for score in found.run.summary.scores] == ["contains"]
    assert [score.scorer for score in found.run.samples[0].scores] == ["contains"]
    assert evaluate(bench, version(), ["contains", "token_f1"]).reused is False


def test_a_run_with_failed_calls_is_not_used_again(bench, version):
    bench = bench([Reply.error(500), Reply("yes")])
    first = evaluate(bench, version(), concurrency=1)
    assert first.run.summary.errors == 1
    assert find(bench, version()) is None
    second = evaluate(bench, version())
    assert (second.reused, second.run.summary.errors) == (False, 0)
    assert find(bench, version()) == second.run.run_id


def test_a_run_with_missing_scores_is_not_used_again(bench, version):
    @scorer
    def broken(output):
        raise ZeroDivisionError

    bench = bench()
    evaluate(bench, version(), [broken])
    assert evaluate(bench, version(), [broken]).reused is False


def test_another_judge_is_another_run(bench, version):
    @scorer(needs={"judge"})
    def judged(output):
        return True

    bench = bench()
    target = PromptTarget(version=version())
    plan = EvalPlan(target=target, dataset=bench.dataset, scorers=(judged,), model=MODEL)
    evaluate(bench, version())  # registers the dataset
    prompts = PromptRegistry(bench.store, actor=lambda: "ada")
    judges, others = (Judges(prompts, bench.client, f"openai/{name}") for name in ("a", "b"))
    run = bench.run(plan, judges=judges)
    assert run.judges["judged"]["model"] == "openai/a"
    assert find(bench, version(), [judged], judges=judges.identities([judged])) == run.run_id
    assert find(bench, version(), [judged], judges=others.identities([judged])) is None


def test_what_came_from_the_dataset_is_masked_as_it_was(bench, version, dataset):
    bench = bench()
    rows = [{"id": "a", "q": f"write to {EMAIL}", "expected": "yes"}]
    from llmops_magics.datasets.dataset import dataset_from_rows

    bench.dataset = dataset_from_rows(rows, "mail")
    first, again = evaluate(bench, version()), evaluate(bench, version())
    assert again.reused
    assert again.run == first.run
    assert EMAIL not in str(again.run)
    assert EMAIL in str(load_run(bench.store, again.run.run_id, redacted=False).samples[0].inputs)


def test_runs_are_listed_with_the_newest_first(bench, version):
    bench = bench()
    one, two = (evaluate(bench, version(text)).run.run_id for text in ("One.", "Two."))
    assert [run.run_id for run in finished_runs(bench.store, prompt_name="p")] == [two, one]
    assert finished_runs(bench.store, prompt_name="q") == []


def test_a_draft_leaves_no_trace_under_a_number(bench, version):
    bench = bench()
    run = evaluate(bench, version(number=0)).run
    with bench.store.read() as connection:
        numbers = connection.execute(select(eval_run.c.prompt_number)).scalars().all()
    assert numbers == [0]
    assert run.prompt == f"p@{version().digest[:19]}"
    assert load_run(bench.store, run.run_id).prompt == run.prompt


def test_what_is_not_finished_cannot_be_read(bench, version):
    bench = bench()
    with pytest.raises(UsageError, match="no eval run"):
        load_run(bench.store, "run-x")


def test_a_score_belongs_to_the_scorer_before_its_dot():
    assert owner("a.b", ["a", "b"]) == "a"
    assert owner("a.b.c", ["a", "a.b"]) == "a.b"
    assert owner("ab", ["a"]) == ""
