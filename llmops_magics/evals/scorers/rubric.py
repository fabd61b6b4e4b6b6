"""rubric: a judge model's word on whether the answer satisfies the user's own words.

An assertion, or with ``scale=5`` a score: the grade from 1 to 5 taken to 0 to 1. The words are
``text``, or those of a file, or the case's own (``rubric`` in its metadata or expected answer);
a case without any is not applicable. ``prompt=judge/NAME`` asks a registered prompt of the user's
in place of the package's: it may read ``question``, ``context``, ``expected``, ``answer``,
``rubric``, ``form`` (how to reply, which is with a ``reason`` and a ``verdict``) and ``boundary``,
the mark to fence what is not its author's with. An empty answer is not applicable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import settle
from llmops_magics.evals.scorers.contract import ScorerContext, not_applicable
from llmops_magics.evals.scorers.judged import FOLDER, JudgeScorer, consult, judge_scorer, texts_of
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.evals.scorers.wish import find_wish

NAME = "rubric"
PROMPT = "judge/rubric"
MAX_CHARS = 20_000
MAX_SCALE = 10
FORM = (
    "Think about what the rubric asks for, then reply with one JSON object and nothing else:\n"
    '{"reason": "one or two sentences", "verdict": %s}'
)
_YES_NO = "true if the answer satisfies the rubric, false if not"
_GRADE = "a whole number from 1 (not at all) to %d (fully)"


def make(
    *, text: str = "", file: str = "", prompt: str = "", scale: int | None = None
) -> JudgeScorer:
    """Return the scorer; raises ``ScorerError`` for a rubric that cannot be read."""
    if bool(text) and bool(file):
        raise ScorerError("The rubric is given twice.", hint="Give text= or file=, not both.")
    words = _checked(_read(file) if file else text)
    if prompt and not str(prompt).startswith(FOLDER):
        raise ScorerError(f"{prompt!r} is no judge.", hint=f"A judge's name begins with {FOLDER}.")
    _check_scale(scale)
    asked = prompt or PROMPT

    async def judge(context: ScorerContext) -> Score:
        wanted = words or _own(context)
        if not wanted and not prompt:
            return not_applicable("", "there is no rubric: give rubric(text=…) or rubric(file=…)")
        if not context.output.strip():
            return not_applicable("", "the answer is empty")
        form = FORM % (_GRADE % scale if scale else _YES_NO)
        texts = {**texts_of(context), "rubric": wanted, "form": form}
        answer = await consult(context, asked, texts, _schema(scale))
        verdict = answer["verdict"]
        value = (verdict - 1) / (scale - 1) if scale else verdict
        return Score(scorer="", value=value, reason=shorten(answer["reason"], 300))

    settings = settle({"words": words, "scale": scale})
    return judge_scorer(NAME, set(), judge, __name__, prompt=asked, extra=settings)


def _schema(scale: int | None) -> dict[str, Any]:
    verdict: dict[str, Any] = {"type": "boolean"}
    if scale:
        verdict = {"type": "integer", "enum": list(range(1, scale + 1))}
    return {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "verdict": verdict},
        "required": ["reason", "verdict"],
        "additionalProperties": False,
    }


def _own(context: ScorerContext) -> str:
    found = find_wish(context, "rubric")
    return _checked("\n".join(map(str, found)) if isinstance(found, list) else str(found or ""))


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ScorerError(f"The rubric {file!r} cannot be read: {why}.") from error


def _checked(words: str) -> str:
    if len(words) > MAX_CHARS:
        raise ScorerError(f"The rubric has {len(words):,} characters; at most {MAX_CHARS:,} are.")
    return words.strip()


def _check_scale(scale: Any) -> None:
    is_number = isinstance(scale, int) and not isinstance(scale, bool)
    if scale is not None and (not is_number or not 2 <= scale <= MAX_SCALE):
        raise ScorerError(f"The scale is {scale!r:.80}.", hint=f"Give 2 to {MAX_SCALE} grades.")


SCORER: JudgeScorer = make()
