"""The provider behind OpenFeature's own client."""

from __future__ import annotations

import pytest

pytest.importorskip("openfeature")

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.serving.openfeature import PromptProvider

REF = "a@production"


@pytest.fixture
def flags(store, registry, tmp_path):
    client = PromptClient(f"sqlite:///{tmp_path / 'llmops.db'}", root=tmp_path, poll_s=0.05)
    api.set_provider(PromptProvider(client, label="production"))
    yield api.get_client()
    api.shutdown()


def test_the_version_is_a_flag_whose_variant_is_the_arm(flags, serve):
    serve(1, 2, state="rolling", share=0.5)
    found = {
        flags.get_string_details("a", "", EvaluationContext(f"user {n}")).variant: n
        for n in range(50)
    }
    assert set(found) == {"stable", "candidate"}
    context = EvaluationContext(f"user {found['candidate']}")
    details = flags.get_string_details("a", "", context)
    assert (details.value, details.reason) == ("a@2", "SPLIT")
    assert details.flag_metadata["rollout"] == "r1"
    assert flags.get_integer_value("a", 0, context) == 2
    assert flags.get_boolean_value("a", False, context) is True
    assert flags.get_object_value("a", {}, context)["model"] == "openai/model-2"


def test_rules_look_at_the_context_attributes(flags, serve):
    from llmops_magics.prompts.serving.plan import Rule

    rule = Rule(attribute="plan", operator="equals", values=("beta",), arm="candidate")
    serve(1, 2, state="rolling", share=0.0, rules=(rule,))
    assert flags.get_integer_value(REF, 0, EvaluationContext("k", {"plan": "beta"})) == 2
    assert flags.get_integer_value(REF, 0, EvaluationContext("k")) == 1


def test_what_there_is_not_is_the_default_and_says_why(flags, serve):
    details = flags.get_string_details("nothing@production", "mine")
    assert (details.value, details.error_code) == ("mine", ErrorCode.FLAG_NOT_FOUND)
    serve(1)
    assert flags.get_float_details(REF, 1.5).error_code == ErrorCode.TYPE_MISMATCH
    assert flags.get_string_details(REF, "").reason == "STATIC"
