from __future__ import annotations

import asyncio
import json

import pytest

from llmops_magics.evals.scorer import SCORERS, ScorerContext, run_scorer

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def score(output, schema=SCHEMA):
    context = ScorerContext(output=output, expected=schema)
    return asyncio.run(run_scorer(SCORERS["json_schema"], context))[0]


def test_an_answer_that_the_schema_accepts_passes():
    assert score(' {"n": 3} ').value is True
    assert score('{"n": 3}', json.dumps(SCHEMA)).value is True


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ('{"n": "3"}', "$.n: '3' is not of type 'integer'"),
        ("{}", "$: 'n' is a required property"),
        ("Sure! {}", "not JSON"),
        ('```json\n{"n": 3}\n```', "Markdown fence"),
        ('{"n": NaN}', "NaN is not allowed"),
        ("[" * 100_000, "nested too deeply"),
        ("", "not JSON"),
    ],
)
def test_an_answer_that_fails_says_why_and_where(output, reason):
    result = score(output)
    assert result.value is False
    assert reason in result.reason


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "whole number"},
        "{not json",
        [1],
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_cannot_be_used_is_a_missing_score(schema):
    result = score("{}", schema)
    assert (result.value, result.applicable) == (None, True)
    assert "expected" in result.reason
