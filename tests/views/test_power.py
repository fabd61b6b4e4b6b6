from __future__ import annotations

from llmops_magics.evals.power import PowerPlan, PowerReport, assumed_power
from llmops_magics.views.format import NOTHING
from llmops_magics.views.power import power_html, power_text


def test_both_tables_are_shown():
    report = assumed_power(PowerPlan(differences=(0.05, 0.5), cases=(20, 314)), discordance=0.1)
    text = power_text(report)
    assert "assertions: discordance 10.0% (as given)" in text
    assert "5.0 pts" in text
    for shown in (text, power_html(report)):
        assert "312" in shown
        assert "314" in shown
        assert "more than can flip" in shown
        assert NOTHING in shown  # 20 cases see nothing of it


def test_scores_are_in_their_own_unit():
    text = power_text(assumed_power(PowerPlan(differences=(0.1,), cases=(34,)), sd=0.2))
    assert "standard deviation of differences 0.2" in text
    assert "pts" not in text


def test_what_is_not_known_is_shown_escaped():
    report = PowerReport(power=0.8, error=0.05, scores=(), unknown=("<b>: no case differs",))
    assert "&lt;b&gt;: no case differs" in power_html(report)
    assert "<b>: no case differs" in power_text(report)
