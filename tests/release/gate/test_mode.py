import pytest

from llmops_magics.release.gate.verdict import decide_rule


@pytest.mark.parametrize(
    ("mode", "verdict"), [("interval", "INCONCLUSIVE"), ("strict", "FAIL"), ("point", "PASS")]
)
def test_an_undecided_rule_in_each_mode(run_of, mode, verdict):
    result = decide_rule("contains >= 0.9", run_of(38), mode=mode)  # 0.95, from 0.835 on
    assert (result.verdict, result.mode) == (verdict, mode)


def test_each_says_what_it_gives_up(run_of):
    strict = decide_rule("contains >= 0.9", run_of(38), mode="strict")
    point = decide_rule("contains >= 0.9", run_of(38), mode="point")
    assert "gives up the promise that what holds is seldom blocked" in strict.reason
    assert "gives up both promises" in point.reason
    assert decide_rule("contains >= 0.9", run_of(38)).gives_up == ""


def test_what_is_missing_passes_in_no_mode(run_of):
    samples = run_of(40).samples
    broken = type(samples[0])(**{**vars(samples[0]), "error": "timed out", "scores": ()})
    run = run_of(40, samples=(broken, *samples[1:]))
    verdicts = [
        decide_rule("contains >= 0.5", run, mode=mode).verdict
        for mode in ("interval", "strict", "point")
    ]
    assert verdicts == ["INCONCLUSIVE", "FAIL", "INCONCLUSIVE"]


def test_facts_are_the_same_in_each_mode(run_of):
    for mode in ("interval", "strict", "point"):
        result = decide_rule("errors == 0", run_of(), mode=mode)
        assert (result.verdict, result.mode, result.gives_up) == ("PASS", mode, "")
