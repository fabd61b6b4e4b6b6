"""What scorers that ask a judge model share: the fence around texts, and a second attempt.

A judge reads what a model under test wrote, so what it reads is data that may well hold orders.
Every text stands between lines that carry a mark which none of the texts can hold, and the
prompts say what that means. Complaints are in our words alone: what a judge said, and may have
repeated of an answer, is never sent back outside a fence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from llmops_magics.errors import BadResponseError, ScorerError
from llmops_magics.evals.scorers.builtin import BuiltIn, Judgement
from llmops_magics.evals.scorers.contract import ScorerContext, is_absent
from llmops_magics.evals.scorers.text import accepted_answers, squeeze

FOLDER = "judge/"
PACKAGED = ("answer_relevance", "correctness", "faithfulness", "pairwise", "rubric", "safety")
ATTEMPTS = 2
MARK_CHARS = 16
QUOTED_CHARS = 40  # an input of this length that stands in the context is a part of it


@dataclass(frozen=True)
class JudgeScorer(BuiltIn):
    """A scorer that asks a judge; ``prompt`` is the reference of the judge's prompt.

    Its digest leaves the prompt out, which has a digest of its own and may be the user's.
    """

    prompt: str = field(default="")


def judge_scorer(
    name: str,
    needs: set[str],
    judge: Callable[[ScorerContext], Any],
    module: str,
    *,
    prompt: str = "",
    extra: str = "",
) -> JudgeScorer:
    """Return a scorer of ``module`` that asks ``prompt``, else the package's of its own name."""
    asked: Callable[[ScorerContext], Judgement] = judge
    sources = (module, __name__)
    return JudgeScorer(
        name, frozenset({"judge", *needs}), asked, sources, extra, prompt or f"{FOLDER}{name}"
    )


def packaged_prompt(reference: str) -> str | None:
    """Return the text of a judge's prompt that comes with the package, None for any other."""
    stem = reference.removeprefix(FOLDER)
    if not reference.startswith(FOLDER) or stem not in PACKAGED:
        return None
    return resources.files(__package__).joinpath(f"{stem}.prompty").read_text("utf-8")


async def consult(
    context: ScorerContext,
    prompt: str,
    texts: Mapping[str, str],
    schema: Mapping[str, Any],
    find_nonsense: Callable[[dict[str, Any]], str] = lambda _: "",
) -> dict[str, Any]:
    """Return what the judge says, as ``schema`` wants it; asked again once if it is nonsense.

    ``find_nonsense`` says what is wrong with an answer of the right form, "" for nothing. Raises
    ``BadResponseError`` when the second answer is no better: the score is then missing.
    """
    if context.ask is None:
        raise ScorerError("No judge model is configured.", hint="Name one in models.judge.")
    variables = fenced(texts)
    complaint = ""
    for _ in range(ATTEMPTS):
        try:
            answer = await context.ask(
                prompt, {**variables, "complaint": complaint}, dict(schema), repeat=context.repeat
            )
            complaint = find_nonsense(answer)
        except BadResponseError as error:
            complaint = error.message
            continue
        if not complaint:
            return answer
    raise BadResponseError(
        f"the judge gave no usable verdict in {ATTEMPTS} attempts: {complaint}",
        hint="Try another judge model, or a prompt of your own.",
    )


def fenced(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with the mark of their fence, ``boundary``, which none of them holds.

    It is made of the texts' own hash: whoever writes one of them cannot foresee it, and the same
    texts have the same mark, so that an equal question can be answered from the cache.
    """
    content = "\0".join(f"{name}\0{text}" for name, text in texts.items())
    mark = ""
    while not mark or any(mark in text for text in texts.values()):
        content += "\0"
        mark = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:MARK_CHARS]
    return {**texts, "boundary": mark}


def texts_of(context: ScorerContext) -> dict[str, str]:
    """Return what a judge of a single answer may read: question, context, expected and answer."""
    return {
        "question": question_of(context),
        "context": context.context,
        "expected": expected_of(context),
        "answer": context.output,
    }


def question_of(context: ScorerContext) -> str:
    """Return the case's inputs, a line each, but for those that are the context or part of it."""
    return "\n".join(
        f"{name}: {value}"
        for name, value in context.inputs.items()
        if isinstance(value, str | int | float) and not _is_context(str(value), context.context)
    )


def expected_of(context: ScorerContext) -> str:
    """Return the expected answer; of several that are accepted, a line each."""
    if is_absent(context.expected):
        return ""
    return "\n".join(accepted_answers(context.expected))


def _is_context(value: str, context: str) -> bool:
    text = squeeze(value)
    whole = squeeze(context)
    return bool(text) and (text == whole or (len(text) >= QUOTED_CHARS and text in whole))
