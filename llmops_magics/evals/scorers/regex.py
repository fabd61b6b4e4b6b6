"""regex: does the expected pattern match somewhere in the answer? An assertion.

``expected`` is the pattern (Python's ``re``; ``^``, ``$`` and flags as in ``(?i)``), or a list of
patterns of which any will do. Python cannot interrupt its own matching, and a pattern such as
``(a+)+$`` can take years: where the pattern and the answer's length do not rule that out, the
match runs in a process of its own that is ended after ``TIMEOUT_S``. What cannot be decided is
missing, with the reason.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.pattern_cost import worst_case_steps
from llmops_magics.evals.scorers.text import accepted_answers, shorten

NAME = "regex"
PATTERN_LIMIT = 1_000
TEXT_LIMIT = 20_000
SAFE_STEPS = 2_000_000  # well below a second
TIMEOUT_S = 2.0

PROGRAM = "import json,re,sys;p,t=json.load(sys.stdin);print(int(re.search(p,t) is not None))"


async def _judge(context: ScorerContext) -> Score:
    if len(context.output) > TEXT_LIMIT:
        return missing(NAME, f"the answer is longer than {TEXT_LIMIT} characters")
    patterns = accepted_answers(context.expected)
    for pattern in patterns:
        if len(pattern) > PATTERN_LIMIT:
            return missing(NAME, f"the pattern is longer than {PATTERN_LIMIT} characters")
        try:
            if await _matches(pattern, context.output):
                return Score(scorer=NAME, value=True)
        except (re.error, OverflowError, RecursionError) as error:
            return missing(NAME, f"the pattern {shorten(pattern)!r} does not compile: {error}")
        except subprocess.TimeoutExpired:
            took = f"took longer than {TIMEOUT_S:g} s: it backtracks too much"
            return missing(NAME, f"the pattern {shorten(pattern)!r} {took}")
    return Score(scorer=NAME, value=False, reason=f"no match: {shorten(' | '.join(patterns))}")


async def _matches(pattern: str, text: str) -> bool:
    compiled = re.compile(pattern)
    if worst_case_steps(pattern, len(text)) <= SAFE_STEPS:
        return compiled.search(text) is not None
    return await asyncio.to_thread(_match_in_process, pattern, text)


def _match_in_process(pattern: str, text: str) -> bool:
    finished = subprocess.run(  # noqa: S603  (a fixed program; the pattern goes through its input)
        [sys.executable, "-I", "-S", "-c", PROGRAM],
        input=json.dumps([pattern, text]),
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
    return finished.stdout.strip() == "1"


SCORER = BuiltIn(
    NAME,
    frozenset({"expected"}),
    _judge,
    (__name__, "llmops_magics.evals.scorers.pattern_cost", "llmops_magics.evals.scorers.text"),
)
