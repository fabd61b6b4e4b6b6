"""faithfulness: a judge model's word on whether the context supports every claim of the answer.

An assertion; needs a context and a judge model. The judge names the unsupported claims, which are
the reason. It is asked again once when its answer cannot be used, and after that the score is
missing: a failed judge is neither a pass nor a fail. Which judge it is counts as much as the
prompt, so calibrate it before a gate relies on it.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

from llmops_magics.errors import BadResponseError, ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext, missing, not_applicable
from llmops_magics.evals.scorers.text import shorten

NAME = "faithfulness"
PROMPT = "judge/faithfulness"
ATTEMPTS = 2
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "unsupported": {"type": "array", "items": {"type": "string"}},
        "faithful": {"type": "boolean"},
    },
    "required": ["unsupported", "faithful"],
    "additionalProperties": False,
}


def prompt_source() -> str:
    """Return the text of the judge's prompt, in the Prompty format."""
    return resources.files(__package__).joinpath("faithfulness.prompty").read_text("utf-8")


async def _judge(context: ScorerContext) -> Score:
    if not context.output.strip():
        return not_applicable(NAME, "the answer is empty")
    if context.ask is None:
        raise ScorerError("No judge model is configured.", hint="Name one with --judge.")
    complaint = ""
    for _ in range(ATTEMPTS):
        try:
            answer = await context.ask(PROMPT, _variables(context, complaint), SCHEMA)
        except BadResponseError as error:
            complaint = error.message
            continue
        complaint = find_nonsense(answer)
        if not complaint:
            return _score(answer)
    return missing(NAME, f"the judge gave no usable verdict in {ATTEMPTS} attempts: {complaint}")


def find_nonsense(answer: Any) -> str:
    """Return why a judge's answer cannot be used, "" when it can."""
    if not isinstance(answer, dict):
        return "It was not a JSON object."
    faithful, unsupported = answer.get("faithful"), answer.get("unsupported")
    if not isinstance(faithful, bool):
        return '"faithful" was not true or false.'
    if not isinstance(unsupported, list) or not all(isinstance(c, str) for c in unsupported):
        return '"unsupported" was not a list of strings.'
    if faithful == bool([claim for claim in unsupported if claim.strip()]):
        return '"faithful" contradicted the list of unsupported claims.'
    return ""


def _score(answer: dict[str, Any]) -> Score:
    claims = "; ".join(shorten(claim) for claim in answer["unsupported"])
    reason = "" if answer["faithful"] else f"unsupported: {claims}"
    return Score(scorer=NAME, value=answer["faithful"], reason=reason)


def _variables(context: ScorerContext, complaint: str) -> dict[str, Any]:
    """Return what the prompt is rendered with.

    The boundary is the texts' own hash: they cannot hold it, so they cannot close their block.
    """
    texts = {
        "context": context.context,
        "question": _question(context),
        "answer": context.output,
    }
    mark = hashlib.sha256("\0".join(texts.values()).encode("utf-8", "replace")).hexdigest()[:16]
    return {**texts, "boundary": mark, "complaint": complaint}


def _question(context: ScorerContext) -> str:
    """Return the case's inputs, a line each, but for those that are the context itself."""
    return "\n".join(
        f"{name}: {value}"
        for name, value in context.inputs.items()
        if isinstance(value, str | int | float) and str(value) not in context.context
    )


SCORER = BuiltIn(NAME, frozenset({"context", "judge"}), _judge, (__name__,), extra=prompt_source())
