"""``%llm_power`` in a real shell."""

import pytest

from llmops_magics.magics.power import PowerMagics


@pytest.fixture
def power(capital):
    """The shell with the magic, whether or not the extension brings it."""
    capital.ip.register_magics(PowerMagics)
    return capital


def test_an_assumed_discordance(power):
    report = power.ok(
        "%llm_power --discordance 0.1 --difference 0.05 --difference 0.03 --cases 200"
    ).value
    assert [row.to_rule_out for row in report.scores[0].needed] == [314, 873]
    assert [row.cases for row in report.scores[0].detectable] == [200]


def test_a_run_by_variable_and_by_id(power):
    power.ok("run = %llm_eval geo/capital --data cases --scorers contains")
    run = power.ip.user_ns["run"]
    by_name = power.ok("%llm_power --run run").value
    by_id = power.ok(f"%llm_power --run {run.run_id} --scorer contains").value
    assert by_name.scores == by_id.scores
    assert by_name.scores[0].spread == 0.5  # one of two cases passes
    both = power.ok("%llm_power --run run --against run").value
    assert both.unknown[0].startswith("contains: no case differs")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Give the discordance of assertions"),
        ("--discordance 1.5", "no discordance"),
        ("--discordance 0.1 --power 2", "cannot be"),
        ("--run none", "there is no eval run 'none'"),
        ("--run none --sd 1", "leave out --discordance and --sd"),
        ("--against none", "go with --run"),
        ("--cases many", "invalid int value"),
    ],
)
def test_a_bad_line_is_one_red_line(power, line, said):
    assert said in power.refused(f"%llm_power {line}")
