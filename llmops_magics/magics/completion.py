"""Completion of our magics' options and prompt names; IPython has none for ``argparse``."""

from __future__ import annotations

import re
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from llmops_magics.errors import LlmopsError
from llmops_magics.magics import evaluation, prompt
from llmops_magics.magics.parser import MagicParser

PARSERS: dict[str, MagicParser] = {
    "%%prompt": prompt.PARSER,
    "%llm_eval": evaluation.PARSER,
}
_LINE = re.compile(r"(?:^|=\s*)(%%?\w+)\s(.*)$")


@context_matcher()
def complete_magic(context: Any) -> dict[str, Any]:
    """Complete the word under the cursor on the line of one of our magics."""
    line = context.line_with_cursor
    found = _LINE.search(line)
    if found is None or found[1] not in PARSERS:
        return {"completions": []}
    before = found[2]
    word = re.split(r"[\s,]", before)[-1]
    names = _candidates(PARSERS[found[1]], before[: len(before) - len(word)], word)
    return {
        "completions": [SimpleCompletion(name, type="param") for name in names],
        "matched_fragment": word,
        "suppress": bool(names),
    }


def _candidates(parser: MagicParser, before: str, word: str) -> list[str]:
    if word.startswith("-"):
        return [option for option in parser.options if option.startswith(word)]
    words = before.replace(",", " , ").split()
    if "--scorers" in words and words[-1] in ("--scorers", ","):
        from llmops_magics.evals.scorers.registry import NAMES

        return [name for name in NAMES if name.startswith(word)]
    if not words or words[-1] == "--baseline":
        return [name for name in _prompt_names() if name.startswith(word)]
    return []


def _prompt_names() -> list[str]:
    from llmops_magics.workspace import current_workspace

    try:
        return [version.name for version in current_workspace().prompts.list()]
    except LlmopsError:  # a broken workspace must not break typing; the magic itself will say
        return []
