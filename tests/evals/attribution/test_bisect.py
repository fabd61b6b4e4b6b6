from __future__ import annotations

import re

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.bisect import bisect
from llmops_magics.testing import Reply


def case_of(request):
    return int(re.search(r"\d+", request["messages"][-1]["content"])[0])


def share(request):
    """Answer yes in as many of the 20 cases as the prompt says: ``yes in 18.``"""
    wanted = int(re.search(r"yes in (\d+)", request["messages"][0]["content"])[1])
    return Reply("yes" if case_of(request) < wanted else "no")


def versions_of(version, *shares):
    return [version(f"Rule {n}, yes in {s}.", n) for n, s in enumerate(shares, 1)]


@pytest.mark.parametrize("broken", range(2, 9))
def test_the_version_that_broke_it_is_found_with_few_evals(bench, version, broken):
    bench = bench(share)
    versions = versions_of(version, *(20 if n < broken else 4 for n in range(1, 9)))
    found = bisect(versions, "contains", 1, 8, bench.bound())
    assert found.culprits == (broken,)
    assert found.conclusion.startswith(f"Version {broken} broke it: from good to bad, contains -80")
    assert len(found.probes) == found.evals_run <= 5  # good, bad and ⌈log2 7⌉
    assert bench.asked == 20 * found.evals_run
    assert [p.taken_as for p in found.probes[:2]] == ["good", "bad"]
    assert found.probes[2].against_good.confidence == pytest.approx(1 - 0.05 / 6)


def test_a_difference_that_is_noise_has_no_culprit(bench, version):
    bench = bench(share)
    found = bisect(versions_of(version, 18, 18, 17, 16), "contains", 1, 4, bench.bound())
    # 2 of 20 lost: McNemar's p is 0.5.
    assert (found.culprits, found.evals_run, bench.asked) == ((), 2, 40)
    assert re.fullmatch(
        r"Version 4 is not worse than version 1 beyond noise: contains -10 pp \[-\S+, \+\S+\] "
        r"over 20 cases at 0\.95 confidence\.",
        found.conclusion,
    )
    assert found.probes[1].taken_as == "unclear"


def test_a_bad_version_that_is_better_is_said_to_be_so(bench, version):
    bench = bench(share)
    found = bisect(versions_of(version, 4, 20), "contains", 1, 2, bench.bound())
    assert (found.culprits, "is better than version 1" in found.conclusion) == ((), True)


def test_stored_runs_cost_nothing(bench, version):
    bench = bench(share)
    versions = versions_of(version, 20, 20, 20, 20, 4, 4, 4, 4)
    for each in versions:
        bench.bound()(each)
    asked = bench.asked
    found = bisect(versions, "contains", 1, 8, bench.bound())
    assert (found.culprits, found.evals_run, found.evals_reused) == ((5,), 0, 5)
    assert all(probe.reused for probe in found.probes)
    assert bench.asked == asked


def test_a_stored_neighbour_of_the_middle_saves_a_call(bench, version):
    bench = bench(share)
    versions = versions_of(version, *([20] * 5 + [4] * 4))
    for number in (1, 4, 9):
        bench.bound()(versions[number - 1])
    found = bisect(versions, "contains", 1, 9, bench.bound())
    assert [p.number for p in found.probes[:3]] == [1, 9, 4]
    assert (found.culprits, found.evals_reused) == ((6,), 3)
    assert bench.asked == 20 * (3 + found.evals_run)


def test_content_that_came_back_is_measured_once(bench, version):
    bench = bench(share)
    versions = versions_of(version, 20, 4, 4)
    versions.insert(1, version("Rule 1, yes in 20.", 2))
    versions[2:] = [version(f"Rule {n}, yes in 4.", n) for n in (3, 4)]
    found = bisect(versions, "contains", 1, 4, bench.bound())
    assert (found.culprits, found.evals_run, found.evals_reused) == ((3,), 3, 1)
    assert bench.asked == 60


def test_a_fall_in_two_steps_is_a_range(bench, version):
    bench = bench(share)
    versions = versions_of(version, 20, 10, 10, 0)
    found = bisect(versions, "contains", 1, 4, bench.bound())
    assert found.culprits == (2, 3, 4)
    assert [p.taken_as for p in found.probes] == ["good", "bad", "unclear", "unclear"]
    assert "fell more than once" in found.conclusion


def test_a_version_lost_in_noise_leaves_a_range(bench, version):
    bench = bench(share)
    # 13 of 20 is neither clearly worse than 18 (5 lost) nor clearly better than 8 (5 gained).
    found = bisect(versions_of(version, 18, 13, 8), "contains", 1, 3, bench.bound())
    assert (found.culprits, found.evals_run) == ((2, 3), 3)
    assert "cannot be told from noise" in found.conclusion


def test_a_probe_that_fails_every_call_is_unclear_and_its_neighbours_are_tried(bench, version):
    def answer(request):
        failing = "Rule 3" in request["messages"][0]["content"]
        return Reply.error(500) if failing else share(request)

    bench = bench(answer)
    found = bisect(versions_of(version, 20, 20, 20, 4, 4), "contains", 1, 5, bench.bound())
    assert [(p.number, p.taken_as) for p in found.probes[2:]] == [
        (3, "unclear"), (2, "good"), (4, "bad"),
    ]  # fmt: skip
    assert found.culprits == (3, 4)


def test_errors_and_the_other_direction(bench, version):
    def answer(request):
        return Reply.error(500) if "Rule 3" in request["messages"][0]["content"] else "yes"

    bench = bench(answer)
    versions = versions_of(version, 20, 20, 20)
    found = bisect(versions, "errors", 1, 3, bench.bound())
    assert (found.culprits, found.probes[1].mean) == ((3,), 1.0)
    turned = bisect(versions, "errors", 1, 3, bench.bound(), higher_is_better=True)
    assert turned.culprits == ()


def test_numbers_that_make_no_search_are_refused(bench, version):
    versions = versions_of(version, 20, 4)
    measure = bench(share).bound()
    with pytest.raises(UsageError, match="no version 9"):
        bisect(versions, "contains", 1, 9, measure)
    with pytest.raises(UsageError, match="must come before"):
        bisect(versions, "contains", 2, 1, measure)
    with pytest.raises(UsageError, match="'bleu' did not score"):
        bisect(versions, "bleu", 1, 2, measure)
