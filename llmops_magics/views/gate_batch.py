"""How several gates look at once: one line each, the worst verdict first to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import duration, plural
from llmops_magics.views.gate import (
    COULD_NOT_RUN,
    gate_result_html,
    gate_result_text,
    result_reason,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.execution.batch import BatchEntry, GateBatch

_VERDICTS = {0: "PASS", 1: "FAIL", 3: "INCONCLUSIVE"}
_REASON_CHARACTERS = 300


def gate_batch_html(batch: GateBatch) -> Markup:
    """Show a row a gate, then each gate folded."""
    heads = [block.marked_head("gate"), block.head("verdict"), block.head("why")]
    return block.outer(
        element(
            "div",
            element("div", _title(batch), style=style.BANNER_TITLE),
            element("div", block.DOT.join(_facts(batch)), style=style.SMALL),
            style=style.banner(_colour(batch.exit_code)),
        ),
        block.table("Gates", heads, map(_row, batch.entries), wide=True),
        *(
            block.fold(entry.notebook, gate_result_html(entry.result))
            for entry in batch.entries
            if entry.result is not None
        ),
    )


def gate_batch_text(batch: GateBatch) -> str:
    """Return what each gate says, then the worst."""
    lines = []
    for entry in batch.entries:
        if entry.result is not None:
            lines.append(gate_result_text(entry.result))
        else:
            lines.append(f"{COULD_NOT_RUN}: {entry.notebook}{block.DOT}{entry.problem}")
    facts = block.DOT.join([_title(batch), *_facts(batch)])
    return visible("\n".join([*lines, facts]))


def _title(batch: GateBatch) -> str:
    verdict = _VERDICTS.get(batch.exit_code)
    return block.verdict_words(verdict) if verdict else f"! {COULD_NOT_RUN}"


def _facts(batch: GateBatch) -> list[str]:
    codes = [entry.exit_code for entry in batch.entries]
    said = [
        f"{codes.count(code)} {word}"
        for code, word in (*_VERDICTS.items(), (4, COULD_NOT_RUN))
        if code in codes
    ]
    return [
        f"{plural(len(codes), 'gate')}: {', '.join(said)}",
        duration(batch.duration_s * 1000),
        f"exit code {batch.exit_code}",
    ]


def _colour(code: int) -> str:
    return block.verdict_colour(_VERDICTS.get(code)) if code in _VERDICTS else style.RED


def _row(entry: BatchEntry) -> Markup:
    code = entry.exit_code
    verdict = _VERDICTS.get(code)
    words = block.verdict_words(verdict) if verdict else f"! {COULD_NOT_RUN}"
    why = entry.problem if entry.result is None else result_reason(entry.result)
    return block.row(
        element("th", entry.notebook, scope="row", style=style.first_cell(_colour(code))),
        block.cell(block.badge(words, _colour(code))),
        block.cell(element("div", abbreviate(why, _REASON_CHARACTERS), dir="auto")),
    )
