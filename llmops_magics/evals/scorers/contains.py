"""contains: does the answer hold one of the expected spellings? An assertion; needs ``expected``.

Case and white space do not count. ``expected`` is a text or a list of accepted spellings, of which
any will do. A spelling that begins or ends with a digit must not go on as a longer number: "5" is
not in "15" nor in "5.5". Otherwise it may be a part of a word: "refund" is in "refunds".
"""

from __future__ import annotations

import re

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext, not_applicable
from llmops_magics.evals.scorers.text import accepted_answers, shorten, squeeze

NAME = "contains"


def holds(output: str, spelling: str) -> bool:
    """Tell whether ``spelling`` stands in ``output``; an empty spelling stands nowhere."""
    needle = squeeze(spelling).casefold()
    if not needle:
        return False
    before = r"(?<!\d)(?<!\d[.,])" if needle[0].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if needle[-1].isdigit() else ""
    pattern = f"{before}{re.escape(needle)}{after}"
    return re.search(pattern, squeeze(output).casefold()) is not None


def _judge(context: ScorerContext) -> Score:
    spellings = [answer for answer in accepted_answers(context.expected) if answer.strip()]
    if not spellings:
        return not_applicable(NAME, "the case has no expected answer")
    found = any(holds(context.output, spelling) for spelling in spellings)
    reason = "" if found else f"not found: {shorten(' | '.join(spellings))}"
    return Score(scorer=NAME, value=found, reason=reason)


SCORER = BuiltIn(
    NAME, frozenset({"expected"}), _judge, (__name__, "llmops_magics.evals.scorers.text")
)
