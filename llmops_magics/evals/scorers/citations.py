"""citations: which share of what the answer cites is in its context? 0 to 1; needs a context.

Citations are ``[1]``, ``[1, 3]``, ``[2-4]``, ``[doc-7]``, ``(doc-7)`` and ``(source: doc-7)``.
What can be cited are the ids among the inputs (the column ``retrieved``, or a list of documents
with ids), the marks in front of passages, and passages by number. An answer that cites nothing is
not applicable; with ``required=true`` it scores 0.

Where the case says what should be cited (``metadata["citations"]`` or ``expected["citations"]``)
come ``.precision``, the share of citations that were expected, and ``.recall``, the share of the
expected that were cited. That a passage exists does not mean that it supports the sentence.
"""

from __future__ import annotations

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.citation import citable, cited
from llmops_magics.evals.scorers.contract import ScorerContext, missing, not_applicable
from llmops_magics.evals.scorers.parameter import flag
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.evals.scorers.tool_calls import share
from llmops_magics.evals.scorers.wish import find_wish

TEXT_LIMIT = 2_000_000


def make(*, required: bool = False) -> BuiltIn:
    """Return the scorer; with ``required`` an answer has to cite something."""
    flag("required", required)

    def judge(context: ScorerContext) -> Score | tuple[Score, ...]:
        if len(context.output) > TEXT_LIMIT:
            return missing("", f"the answer is longer than {TEXT_LIMIT} characters")
        known, numbers = citable(context)
        expected = find_wish(context, "citations")
        if not known and expected is None:
            return not_applicable("", "the case has no context")
        found = cited(context.output, known)
        return (_existing(found, known, required), *_agreement(found, numbers, expected))

    sources = (
        __name__,
        "llmops_magics.evals.scorers.citation",
        "llmops_magics.evals.scorers.wish",
    )
    return BuiltIn("citations", frozenset(), judge, sources, settle({"required": required}))


def _existing(found: list[str], known: frozenset[str], required: bool) -> Score:
    if not found:
        if required:
            return Score(scorer="", value=0.0, reason="the answer cites nothing")
        return not_applicable("", "the answer cites nothing")
    wrong = [each for each in found if each not in known]
    reason = f"not in the context: {', '.join(wrong)}" if wrong else ""
    return Score(scorer="", value=1 - len(wrong) / len(found), reason=shorten(reason, 300))


def _agreement(found: list[str], numbers: dict[str, str], expected: object) -> tuple[Score, ...]:
    """Return precision and recall against the expected citations; numbers stand for their ids."""
    if expected is None:
        return ()
    items = expected if isinstance(expected, list | tuple) else [expected]
    wanted = {numbers.get(str(item), str(item)) for item in items}
    ours = {numbers.get(each, each) for each in found}
    shared = len(ours & wanted)
    return (
        share(".precision", shared, len(ours), "the answer cites nothing"),
        share(".recall", shared, len(wanted), "no citation is expected"),
    )


SCORER = make()
