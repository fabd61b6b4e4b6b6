from __future__ import annotations

import pytest

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.family import families, read_family, templates_digest

GOOD = {
    "family": "f",
    "title": "F",
    "summary": "s",
    "risks": ["LLM01"],
    "mutators": ["plain"],
    "attacks": [{"id": "a", "user": "u"}],
}


def test_the_families_cover_what_prompts_can_try():
    risks = {risk for family in families().values() for risk in family.risks}
    # LLM03, LLM04 and LLM09 (supply chain, poisoning, misinformation) are no matter of attacks.
    assert {r for r in risks if r.startswith("LLM")} == {
        "LLM01", "LLM02", "LLM05", "LLM06", "LLM07", "LLM08", "LLM10",
    }  # fmt: skip
    assert len(families()) == 13
    assert all(len(family.templates) >= 6 for family in families().values())
    assert templates_digest().startswith("sha256:")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attacks": []}, "no attacks"),
        ({"colour": "red"}, "colour"),
        ({"mutators": ["magic"]}, "magic"),
        ({"attacks": [{"id": "a", "user": "u", "text": "t"}]}, "text"),
        ({"attacks": [{"id": "a", "user": "u", "channel": "pigeon"}]}, "pigeon"),
        ({"attacks": [{"id": "a", "user": "u", "history": [{"system": "x"}]}]}, "system"),
    ],
)
def test_a_file_that_is_wrong_is_refused(change, message):
    with pytest.raises(GuardError, match=message):
        read_family({**GOOD, **change}, "f.yaml")
