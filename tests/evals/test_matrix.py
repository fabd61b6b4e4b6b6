from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from matrix_runs import make_run

from llmops_magics.errors import UsageError
from llmops_magics.evals.matrix import build_matrix


def passing(count, cases=40):
    return [k < count for k in range(cases)]


def scores(matrix, scorer="ok"):
    return [row.score(scorer) for row in matrix.rows]


def test_the_first_row_is_the_reference():
    matrix = build_matrix([make_run(passing(20)), make_run(passing(38), "run-b")])
    first, second = scores(matrix)
    assert (matrix.reference.run_id, first.against) == ("run-a", None)
    assert second.against.difference == pytest.approx(18 / 40)
    assert second.against.verdict == "better"
    assert (first.is_best, second.is_best) == (False, True)


def test_a_baseline_is_a_row_of_its_own_and_stands_first():
    runs = [make_run(passing(30)), make_run(passing(30), "run-b")]
    matrix = build_matrix(runs, baseline=make_run(passing(2), "run-z"))
    assert matrix.run_ids == ("run-z", "run-a", "run-b")
    assert [row.is_reference for row in matrix.rows] == [True, False, False]
    assert [s.against.verdict for s in scores(matrix)[1:]] == ["better", "better"]


def test_a_baseline_that_is_one_of_the_runs_stays_where_it_is():
    runs = [make_run(passing(30)), make_run(passing(30), "run-b")]
    matrix = build_matrix(runs, baseline=runs[1])
    assert matrix.run_ids == ("run-a", "run-b")
    assert matrix.reference.run_id == "run-b"


def test_no_row_is_best_where_two_are_alike():
    """a and b pass the same 38 cases, c passes 5: c is worse, and neither of the others best."""
    runs = [make_run(passing(n), f"run-{x}") for x, n in (("a", 38), ("b", 38), ("c", 5))]
    assert not any(score.is_best for score in scores(build_matrix(runs)))


def test_one_flip_is_within_noise():
    matrix = build_matrix([make_run(passing(20)), make_run(passing(21), "run-b")])
    assert scores(matrix)[1].against.verdict == "within noise"
    assert not any(score.is_best for score in scores(matrix))


def test_p_values_are_adjusted_over_all_rows_and_scores():
    """7 cases flip one way: exact McNemar 2/2^7 = 0.0156; four such differences take 0.0625."""
    base, up = passing(20), passing(27)
    runs = [make_run({"x": base, "y": base})]
    alone = build_matrix([*runs, make_run({"x": up}, "run-b")]).rows[1].score("x").against
    assert alone.p_adjusted == pytest.approx(2 / 2**7)
    assert alone.verdict == "better"
    runs += [make_run({"x": up, "y": up}, f"run-{i}") for i in "bc"]
    together = [row.score(s).against for row in build_matrix(runs).rows[1:] for s in ("x", "y")]
    assert [d.p_adjusted for d in together] == pytest.approx([8 / 2**7] * 4)
    assert {d.verdict for d in together} == {"within noise"}


def test_less_is_better_of_a_cost():
    low, high = [1.0 + k % 3 for k in range(30)], [9.0 + k % 5 for k in range(30)]
    matrix = build_matrix([make_run({"cost": high}), make_run({"cost": low}, "run-b")])
    assert scores(matrix, "cost")[1].against.verdict == "better"
    assert scores(matrix, "cost")[1].is_best


def test_money_that_is_not_known_is_none():
    runs = [make_run(passing(1, 4)), make_run(passing(1, 4), "run-b", cost=None)]
    costs = [row.cost_per_case_usd for row in build_matrix(runs).rows]
    assert costs == [Decimal("0.001"), None]


def test_settings_are_the_runs_own_or_those_given():
    runs = [make_run(passing(1, 4), settings={"seed": 1}), make_run(passing(1, 4), "run-b")]
    assert [row.settings for row in build_matrix(runs).rows] == [{"seed": 1}, {}]
    frame = build_matrix(runs, settings=[{"seed": 2}, {"seed": 3}]).to_pandas()
    assert list(frame["settings.seed"]) == [2, 3]
    assert list(frame["ok"]) == [0.25, 0.25]


def test_other_dataset_versions_are_told():
    runs = [make_run(passing(9)), make_run(passing(9), "run-b", dataset_digest="sha256:e")]
    assert not build_matrix(runs).same_dataset


def test_a_row_without_a_score_has_none():
    runs = [make_run({"x": passing(9)}), make_run({"y": passing(9)}, "run-b")]
    assert [score is None for score in scores(build_matrix(runs), "y")] == [True, False]


@pytest.mark.parametrize(
    ("runs", "options"),
    [([], {}), (["run-a", "run-a"], {}), (["run-a"], {"settings": [{}, {}]})],
)
def test_what_is_no_matrix_is_refused(runs, options):
    with pytest.raises(UsageError):
        build_matrix([make_run(passing(1, 2), run_id) for run_id in runs], **options)
