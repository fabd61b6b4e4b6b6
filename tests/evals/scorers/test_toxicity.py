from __future__ import annotations

import pytest

from llmops_magics.errors import ScorerError


def test_places_are_counted_and_named_but_not_shown(judge):
    score = judge("toxicity", "You are such an idiot. I will kill you, you fucking moron.")
    assert score.value == 3.0
    assert score.reason == "2 x insult, 1 x threat"
    assert judge("toxicity", "Thank you, that is kind.").value == 0.0


def test_profanity_alone_counts_only_on_request(judge):
    assert judge("toxicity", "This is so fucking good.").value == 0.0
    assert judge("toxicity(severity=low)", "This is so fucking good.").value == 1.0


def test_only_some_kinds(judge):
    said = "You are an idiot. I will kill you."
    assert judge("toxicity(kinds=[threat])", said).value == 1.0


def test_an_unknown_severity_is_refused(judge):
    with pytest.raises(ScorerError, match="severity"):
        judge("toxicity(severity=awful)", "x")
