"""How the difference of two gate runs looks: verdicts, prompt, scores, cases, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.comparison import difference_cells, difference_heads, difference_words
from llmops_magics.views.comparison import notes as comparison_notes
from llmops_magics.views.format import (
    NOTHING,
    duration,
    interval,
    number,
    plural,
    score,
    total_money,
)
from llmops_magics.views.gate import COULD_NOT_RUN
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.prompt_diff import changes_html, prompt_diff_text

if TYPE_CHECKING:
    from llmops_magics.evals.run import ScoreDifference
    from llmops_magics.release.dossier.change import (
        DossierDiff,
        Estimated,
        RulePair,
        RunCost,
        ScorePair,
    )

_SIDES = ("before", "after")
_NAME_CHARACTERS = 80
MOST_CASES = 50


def dossier_diff_html(diff: DossierDiff) -> Markup:
    """Show what changed, in the order in which a reader asks."""
    return block.outer(
        _banner(diff),
        *_prompt(diff),
        _rules(diff),
        _scores(diff),
        _flipped(diff),
        _costs(diff),
        _differences(diff),
        block.bullets(notes(diff)) if notes(diff) else None,
    )


def dossier_diff_text(diff: DossierDiff) -> str:
    """Return verdicts, changes of the prompt, one line a score, and what else decided."""
    lines = [f"{_verdicts(diff)}: {diff.after.gate}", _dossiers(diff)]
    if diff.prompt is not None:
        lines.append(prompt_diff_text(diff.prompt) if diff.prompt.changes else _same(diff))
    lines += [f"  {r.rule}: {r.before or NOTHING} → {r.after or NOTHING}" for r in _changed(diff)]
    lines += [f"  {_score_words(pair, _paired(diff).get(pair.scorer))}" for pair in diff.scores]
    lines += [f"  {name}: {' → '.join(pair)}" for name, pair in _cost_rows(diff)]
    lines += [f"  {_flip_words(diff)}"] if diff.flips else []
    lines += [
        f"  {each.what}: {_short(each.before)} → {_short(each.after)}"
        for each in diff.differences[: block.MAX_ROWS]
    ]
    lines += [] if diff.differences else ["  Everything else that decided is the same."]
    return visible("\n".join([*lines, *(f"  {note}" for note in notes(diff))]))


def notes(diff: DossierDiff) -> list[str]:
    """Say what could not be compared, and why."""
    return [*diff.notes, *(comparison_notes(diff.comparison) if diff.comparison else [])]


def _banner(diff: DossierDiff) -> Markup:
    verdict = diff.after.verdict
    colour = block.verdict_colour(verdict) if verdict else style.RED
    return element(
        "div",
        element("div", _verdicts(diff), style=style.BANNER_TITLE),
        element("div", _dossiers(diff), dir="auto", style=style.SMALL),
        style=style.banner(colour),
    )


def _verdicts(diff: DossierDiff) -> str:
    words = [_verdict(side.verdict) for side in (diff.before, diff.after)]
    return words[1] + ", as before" if words[0] == words[1] else " → ".join(words)


def _verdict(verdict: str) -> str:
    return block.verdict_words(verdict) if verdict else f"! {COULD_NOT_RUN}"


def _dossiers(diff: DossierDiff) -> str:
    return f"{diff.before.gate_id} → {diff.after.gate_id}"


def _same(diff: DossierDiff) -> str:
    return f"The prompt is the same: {diff.after.prompt}"


def _prompt(diff: DossierDiff) -> list[Markup]:
    if diff.prompt is None:
        return []
    if not diff.prompt.changes:
        return [element("div", _same(diff), dir="auto", style=style.SECTION)]
    title = f"{diff.prompt.before} → {diff.prompt.after}"
    return [element("div", title, style=style.PART_HEADING), *changes_html(diff.prompt)]


def _changed(diff: DossierDiff) -> list[RulePair]:
    return [rule for rule in diff.rules if rule.before != rule.after]


def _rules(diff: DossierDiff) -> Markup:
    rows = [
        block.row(
            block.row_head(rule.rule),
            block.cell(rule.before or NOTHING),
            block.cell(rule.after or NOTHING),
            block.number_cell(number(rule.observed_before)),
            block.number_cell(number(rule.observed_after)),
        )
        for rule in _changed(diff)
    ]
    heads = [block.head(name) for name in ("rule", *_SIDES)]
    heads += [block.number_head(f"observed {side}") for side in _SIDES]
    return block.table("Rules that decided otherwise", heads, rows) if rows else Markup()


def _paired(diff: DossierDiff) -> dict[str, ScoreDifference]:
    return {d.scorer: d for d in diff.comparison.differences} if diff.comparison else {}


def _scores(diff: DossierDiff) -> Markup:
    paired = _paired(diff)
    rows = [
        block.row(
            block.row_head(pair.scorer),
            *(_estimate(side, pair) for side in (pair.before, pair.after)),
            *difference_cells(paired.get(pair.scorer), is_proportion=pair.is_proportion),
        )
        for pair in diff.scores
    ]
    heads = (
        block.head("score"),
        *(block.number_head(side) for side in _SIDES),
        *difference_heads(),
    )
    cases = diff.comparison.common_cases if diff.comparison else 0
    caption = f"Scores; changes are paired over {plural(cases, 'case')} of both runs"
    return block.table(caption, heads, rows) if rows else Markup()


def _estimate(side: Estimated | None, pair: ScorePair) -> Markup:
    if side is None:
        return block.number_cell(NOTHING)
    bounds = interval(side.low, side.high, is_proportion=pair.is_proportion)
    words = f"95% interval {bounds}, {plural(side.n, 'case')}"
    mean = score(side.mean, is_proportion=pair.is_proportion)
    return element("td", mean, style=style.NUMBER, title=words)


def _score_words(pair: ScorePair, change: ScoreDifference | None) -> str:
    ends = (
        score(side.mean, is_proportion=pair.is_proportion) if side else NOTHING
        for side in (pair.before, pair.after)
    )
    words = f"{pair.scorer}: {' → '.join(ends)}"
    if change is None:
        return f"{words}, not paired"
    return f"{words}, {difference_words(change, is_proportion=pair.is_proportion)}"


def _flip_words(diff: DossierDiff) -> str:
    worse = [case.case_id for case in diff.flipped if not case.is_better]
    named = f", worse: {block.names(list(dict.fromkeys(worse)), 10)}" if worse else ""
    return f"{plural(diff.flips, 'flipped case')}{named}"


def _flipped(diff: DossierDiff) -> Markup:
    rows = [
        block.row(
            block.row_head(abbreviate(case.case_id, _NAME_CHARACTERS)),
            block.cell(case.scorer),
            block.cell("▲ better" if case.is_better else "▼ worse"),
            block.cell(block.folded(case.answer_before)),
            block.cell(block.folded(case.answer_after)),
        )
        for case in diff.flipped[:MOST_CASES]
    ]
    if not rows:
        return Markup()
    names = ("case", "score", "", "answer before", "answer after")
    table = block.table("The worse first", [block.head(name) for name in names], rows)
    rest = block.more(diff.flips - len(rows), "case")
    return block.fold(_flip_words(diff), table, rest, is_open=diff.flips <= 5)


def _costs(diff: DossierDiff) -> Markup:
    rows = [
        block.row(block.row_head(name), *(block.number_cell(value) for value in pair))
        for name, pair in _cost_rows(diff)
    ]
    heads = (block.head(""), *(block.number_head(side) for side in _SIDES))
    return block.table("Cost and latency", heads, rows) if rows else Markup()


def _cost_rows(diff: DossierDiff) -> list[tuple[str, tuple[str, str]]]:
    old, new = diff.cost_before, diff.cost_after
    if old is None or new is None:
        return []
    rows = [
        ("cost of the answers", (_money(old), _money(new))),
        ("latency, median", (duration(old.latency_p50_ms), duration(new.latency_p50_ms))),
        ("latency, 95th percentile", (duration(old.latency_p95_ms), duration(new.latency_p95_ms))),
    ]
    return [(name, pair) for name, pair in rows if pair != (NOTHING, NOTHING)]


def _money(cost: RunCost) -> str:
    samples = f" for {plural(cost.samples, 'answer')}" if cost.samples else ""
    return total_money(cost.cost_usd, cost.unpriced_samples, "answer") + samples


def _short(value: str) -> str:
    return abbreviate(value, 120) or NOTHING


def _differences(diff: DossierDiff) -> Markup:
    rows = [
        block.row(
            block.row_head(abbreviate(each.what, _NAME_CHARACTERS)),
            block.cell(block.folded(each.before) if each.before else NOTHING),
            block.cell(block.folded(each.after) if each.after else NOTHING),
        )
        for each in diff.differences[: block.MAX_ROWS]
    ]
    if not rows:
        return element("div", "Everything else that decided is the same.", style=style.SECTION)
    heads = [block.head(name) for name in ("what", *_SIDES)]
    return block.table("What else decided, and is not the same", heads, rows)
