"""How the places look where a text occurs in prompts: the match, marked, among its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import plural
from llmops_magics.views.label import label_badges
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.prompts.listing import PromptSearch, SearchHit

BEFORE_CHARACTERS = 60
EXCERPT_CHARACTERS = 180
TEXT_BEFORE_CHARACTERS = 14
TEXT_CHARACTERS = 60
_NAME_CHARACTERS = 80


def prompt_search_html(search: PromptSearch) -> Markup:
    """Show one row a hit."""
    pattern = _pattern(search.text)
    rows = [_hit_row(hit, pattern) for hit in search.hits[: block.MAX_ROWS]]
    heads = [block.head(title) for title in ("version", "labels", "where", "excerpt")]
    sought = abbreviate(search.text, _NAME_CHARACTERS)
    return block.outer(
        block.heading(element("strong", f"“{sought}”")),
        block.subline([_amount(search)]),
        block.table(f"Where “{sought}” occurs", heads, rows, wide=True) if rows else Markup(),
        block.more(len(search.hits) - block.MAX_ROWS, "hit"),
    )


def prompt_search_text(search: PromptSearch) -> str:
    """Return one line a hit, the match between »guillemets«."""
    pattern = _pattern(search.text)
    rows = [
        (f"{hit.name}@{hit.number}", ", ".join(hit.labels), _where(hit), _marked_text(hit, pattern))
        for hit in search.hits[: block.MAX_ROWS]
    ]
    lines = (
        columns(("version", "labels", "where", "excerpt"), rows, noun="hit", total=len(search.hits))
        if rows
        else []
    )
    sought = abbreviate(search.text, _NAME_CHARACTERS)
    return visible("\n".join([f"“{sought}”: {_amount(search)}", *lines]))


def _hit_row(hit: SearchHit, pattern: re.Pattern[str] | None) -> Markup:
    start, match, end = _parts(hit.excerpt, pattern, BEFORE_CHARACTERS, EXCERPT_CHARACTERS)
    marked = [element("strong", match, style=style.MATCH)] if match else []
    return block.row(
        block.row_head(f"{abbreviate(hit.name, _NAME_CHARACTERS)}@{hit.number}"),
        block.cell(label_badges(hit.labels)),
        block.cell(_where(hit)),
        block.cell(element("div", join([start, *marked, end]), dir="auto", style=style.EXCERPT)),
    )


def _marked_text(hit: SearchHit, pattern: re.Pattern[str] | None) -> str:
    start, match, end = _parts(hit.excerpt, pattern, TEXT_BEFORE_CHARACTERS, TEXT_CHARACTERS)
    return f"{start}»{match}«{end}" if match else start


def _parts(
    excerpt: str, pattern: re.Pattern[str] | None, before: int, size: int
) -> tuple[str, str, str]:
    """Return the words before the first match, the match, and what follows."""
    found = pattern.search(excerpt) if pattern else None
    if found is None:
        return abbreviate(excerpt, size), "", ""
    begin = max(0, found.start() - before)
    start = ("…" if begin else "") + _one_line(excerpt[begin : found.start()])
    match = found.group()[:size]
    follows = excerpt[found.start() + len(match) :]
    room = max(0, size - len(start) - len(match))
    return start, match, _one_line(follows[:room]) + ("…" if len(follows) > room else "")


def _one_line(text: str) -> str:
    return re.sub(r"\s", " ", text)


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(re.escape(text), re.IGNORECASE) if text else None


def _where(hit: SearchHit) -> str:
    field = abbreviate(hit.field, _NAME_CHARACTERS)
    return f"{field}, line {hit.line:,}" if hit.line else field


def _amount(search: PromptSearch) -> str:
    if not search.hits:
        return "not found in any prompt"
    found = {hit.name for hit in search.hits}
    return f"{plural(len(search.hits), 'hit')} in {plural(len(found), 'prompt')}"
