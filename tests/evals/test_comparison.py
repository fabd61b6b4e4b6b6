from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.evals.comparison import chance_flips, compare, verdict_of
from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise


def sample(case, repeat=0, *, tags=(), group="", error="", inputs=None, **values):
    scores = tuple(Score(scorer=name, value=value) for name, value in values.items())
    return Sample(
        case_id=case, repeat=repeat, inputs=inputs or {"q": case}, expected="x", output="",
        error=error, scores=scores, latency_ms=1.0, input_tokens=1, output_tokens=1,
        cost_usd=None, tags=tags, group=group,
    )  # fmt: skip


def run(samples, scorers=("s",), run_id="r", dataset_digest="d1"):
    return EvalRun(
        run_id=run_id, prompt=f"{run_id}@1", prompt_digest="", dataset="d",
        dataset_digest=dataset_digest, model="m", resolved_models=(), repeats=1, started_at="",
        summary=summarise(samples, list(scorers), 1.0), samples=tuple(samples),
    )  # fmt: skip


def of_values(values, run_id="r", **fields):
    return run(
        [sample(f"c{k}", s=value, **fields) for k, value in enumerate(values)], ("s",), run_id
    )


def only(comparison):
    (difference,) = comparison.differences
    return difference


def test_assertions_have_mcnemars_test_and_a_verdict():
    found = only(compare(of_values([False] * 8 + [True] * 12), of_values([True] * 20)))
    assert (found.test, found.p_value) == ("McNemar exact", pytest.approx(2 / 2**8))
    assert (found.verdict, found.is_proportion, len(found.regressed)) == ("worse", True, 8)


def test_several_scores_are_adjusted_for_each_other():
    new = run([sample(f"c{k}", a=k > 5, b=True, c=0.5) for k in range(20)], "abc")
    old = run([sample(f"c{k}", a=True, b=True, c=0.5) for k in range(20)], "abc")
    first, second, third = compare(new, old).differences
    assert first.p_value == pytest.approx(2 / 2**6)  # alone significant
    assert first.p_adjusted == pytest.approx(6 / 2**6)  # three times that is not
    assert (first.verdict, second.verdict, third.verdict) == ("within noise",) * 3
    assert second.p_adjusted == third.p_adjusted == 1.0


def test_slices_are_compared_by_tag():
    def samples(value):
        return [
            sample(f"c{k}", s=value if k < 10 else True, tags=("refund",) if k < 10 else ("other",))
            for k in range(20)
        ]

    found = only(compare(run(samples(False)), run(samples(True))))
    by_tag = {one.tag: one for one in found.slices}
    assert (by_tag["refund"].difference, by_tag["refund"].n) == (-1.0, 10)
    assert by_tag["refund"].p_adjusted == pytest.approx(2 * 2 / 2**10)  # of two slices
    assert (by_tag["refund"].verdict, by_tag["other"].verdict) == ("worse", "within noise")


def test_a_tag_of_every_case_or_of_a_few_is_no_slice():
    samples = [
        sample(f"c{k}", s=True, tags=("all", "few") if k < 4 else ("all",)) for k in range(9)
    ]
    assert only(compare(run(samples), run(samples))).slices == ()


def test_groups_are_clustered_and_flipped_whole():
    new = run([sample(f"c{k}", s=True, group=f"g{k % 3}") for k in range(12)])
    old = run([sample(f"c{k}", s=False, group=f"g{k % 3}") for k in range(12)])
    found = only(compare(new, old))
    assert (found.groups, found.p_value) == (3, pytest.approx(2 / 2**3))
    assert found.verdict == "within noise"
    assert new.summary.scores[0].groups == 3


def test_what_is_not_compared_is_counted():
    new = run([sample("a", s=True), sample("b", s=True), sample("c", s=True)])
    old = run(
        [sample("a", s=True), sample("b", s=True, inputs={"q": "other"}), sample("d", s=True)],
        dataset_digest="d2",
    )
    found = compare(new, old)
    assert (found.common_cases, found.candidate_only, found.baseline_only) == (1, 1, 1)
    assert (found.changed, found.same_dataset) == (1, False)


def test_a_score_missing_in_either_run_is_counted_and_no_loss():
    new = of_values([True] * 8 + [None])
    old = of_values([True] * 7 + [None, True])
    found = only(compare(new, old))
    assert (found.n, found.missing, found.difference) == (7, 2, 0.0)


def test_repeats_are_one_pair_a_case():
    new = run([sample(f"c{k}", r, s=True) for k in range(4) for r in range(5)])
    old = run([sample(f"c{k}", r, s=False) for k in range(4) for r in range(5)])
    found = only(compare(new, old))
    assert (found.n, found.p_value) == (4, pytest.approx(2 / 2**4))  # pooled: 2/2^20


def test_unbounded_scores_that_never_change_have_the_range_seen():
    lengths = [float(10 + k) for k in range(20)]
    found = only(compare(of_values(lengths), of_values(lengths)))
    assert (found.difference, found.method) == (0.0, "rule of three")
    assert found.high == pytest.approx(19 * (1 - 0.05 ** (1 / 20)))  # from 10 to 29
    same = only(compare(of_values([7.0] * 9), of_values([7.0] * 9)))
    assert (same.low, same.verdict) == (None, "not measured")


def test_two_runs_of_one_prompt_show_what_chance_does():
    first = of_values([True] * 18 + [False] * 2, "r1")
    second = of_values([True] * 17 + [False, False, True], "r2")
    report = chance_flips(first, second)
    flips = report.of("s")
    assert (report.prompt, report.run_ids, report.common_cases) == ("r1@1", ("r1", "r2"), 20)
    assert (flips.flips, flips.n, flips.rate) == (2, 20, 0.1)
    assert flips.low < 0.1 < flips.high
    assert (flips.p_value, flips.is_proportion) == (1.0, True)
    assert report.of("t") is None


def test_labels_and_empty_runs_have_no_flips():
    assert chance_flips(of_values(["red"]), of_values(["blue"])).scores == ()
    (flips,) = chance_flips(of_values([True]), replace(of_values([True]), samples=())).scores
    assert (flips.n, flips.rate, flips.low, flips.spread) == (0, None, None, None)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "verdict"),
    [
        (0.1, 0.2, 0.05, "better"),
        (-0.2, -0.1, 0.01, "worse"),
        (0.1, 0.2, 0.06, "within noise"),
        (-0.1, 0.1, 0.01, "within noise"),
        (None, None, 0.01, "not measured"),
    ],
)
def test_a_verdict_takes_interval_and_test(low, high, p_value, verdict):
    assert verdict_of(low, high, p_value) == verdict


def test_less_of_a_leak_is_better():
    new = run([sample(f"c{k}", pii_leak=0) for k in range(20)], ("pii_leak",))
    old = run([sample(f"c{k}", pii_leak=1 + k % 2) for k in range(20)], ("pii_leak",))
    found = only(compare(new, old))
    assert (found.verdict, len(found.improved), found.regressed) == ("better", 20, ())
