"""What changed between two gate runs as Markdown, for a pull request.

Everything in it came out of notebooks and models, and is escaped: no markup, link or mention of
theirs works.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmops_magics.release.gate.report import COULD_NOT_RUN, plain

if TYPE_CHECKING:
    from llmops_magics.evals.run import ScoreDifference
    from llmops_magics.prompts.version import Change
    from llmops_magics.release.dossier.change import DossierDiff, Estimated, RunCost, ScorePair

MOST_LINES: Final = 200  # of one text's difference
MOST_ROWS: Final = 20
MOST_CHANGES: Final = 12
LINE_CHARACTERS: Final = 500
NOTHING: Final = "\N{EN DASH}"
_TICKS: Final = re.compile("`+")


def to_comment(diff: DossierDiff) -> str:
    """Return the comment: verdicts, prompt, scores, flipped cases, cost, and what else changed."""
    parts = [_title(diff), _prompt(diff), _rules(diff), _scores(diff), _flipped(diff)]
    parts += [_costs(diff), _differences(diff)]
    parts += ["\n".join(f"_{plain(note)}_" for note in diff.notes), _digests(diff)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(diff: DossierDiff) -> str:
    before, after = (side.verdict or COULD_NOT_RUN for side in (diff.before, diff.after))
    change = f"**{before}** → **{after}**" if before != after else f"**{after}**, as before"
    prompts = list(dict.fromkeys((diff.before.prompt, diff.after.prompt)))
    named = " → ".join(plain(prompt) for prompt in prompts if prompt)
    return f"### {plain(diff.after.gate)}: {change}" + (f"\n\n{named}" if named else "")


def _prompt(diff: DossierDiff) -> str:
    if diff.prompt is None:
        return ""
    if not diff.prompt.changes:
        return "The prompt is the same."
    shown = [_change(change) for change in diff.prompt.changes[:MOST_CHANGES]]
    rest = len(diff.prompt.changes) - len(shown)
    more = [f"and {rest} more changes of the prompt"] if rest > 0 else []
    return "\n\n".join(["#### Prompt", *shown, *more])


def _change(change: Change) -> str:
    """Show one change as a unified difference, in a fence that its text cannot close."""
    lines = difflib.unified_diff(
        change.before.splitlines(), change.after.splitlines(), lineterm="", n=2
    )
    kept = [line[:LINE_CHARACTERS] for line in list(lines)[2 : MOST_LINES + 2]]
    text = "\n".join(kept) or "(only line ends)"
    ticks = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{plain(change.field)}\n{fence}diff\n{text}\n{fence}"


def _rules(diff: DossierDiff) -> str:
    rows = [
        (plain(rule.rule), rule.before or NOTHING, rule.after or NOTHING)
        for rule in diff.rules
        if rule.before != rule.after
    ]
    return _table("#### Rules that decided otherwise", ("Rule", "Before", "After"), rows)


def _scores(diff: DossierDiff) -> str:
    paired = {each.scorer: each for each in diff.comparison.differences} if diff.comparison else {}
    rows = [_score(pair, paired.get(pair.scorer)) for pair in diff.scores]
    heads = ("Score", "Before", "After", "Change, paired (95% interval)", "p (Holm)", "Reading")
    table = _table("#### Scores", heads, rows)
    if not table or diff.comparison is None:
        return table
    cases = diff.comparison.common_cases
    return f"{table}\n\n{cases} cases are in both runs and unchanged."


def _score(pair: ScorePair, change: ScoreDifference | None) -> tuple[str, ...]:
    is_proportion = pair.is_proportion
    ends = (_estimate(side, is_proportion=is_proportion) for side in (pair.before, pair.after))
    if change is None or change.difference is None:
        return (plain(pair.scorer), *ends, NOTHING, NOTHING, "not compared")
    words = _signed(change.difference, is_proportion=is_proportion)
    if change.low is not None and change.high is not None:
        bounds = (_signed(end, is_proportion=is_proportion) for end in (change.low, change.high))
        words += f" ({' to '.join(bounds)})"
    p_value = NOTHING if change.p_adjusted is None else f"{change.p_adjusted:.2g}"
    return (plain(pair.scorer), *ends, words, p_value, change.verdict or NOTHING)


def _estimate(side: Estimated | None, *, is_proportion: bool) -> str:
    if side is None or side.mean is None:
        return NOTHING
    mean = _number(side.mean, is_proportion=is_proportion)
    if side.low is None or side.high is None:
        return f"{mean} (n {side.n})"
    low, high = (_number(end, is_proportion=is_proportion) for end in (side.low, side.high))
    return f"{mean} ({low} to {high}, n {side.n})"


def _flipped(diff: DossierDiff) -> str:
    if not diff.flips:
        return ""
    rows = [
        (
            plain(each.case_id),
            plain(each.scorer),
            "better" if each.is_better else "**worse**",
            plain(each.answer_before[:200]),
            plain(each.answer_after[:200]),
        )
        for each in diff.flipped[:MOST_ROWS]
    ]
    worse = sum(not each.is_better for each in diff.flipped)
    title = f"{diff.flips} flipped cases, {worse} of those shown got worse"
    heads = ("Case", "Score", "", "Answer before", "Answer after")
    rest = diff.flips - len(rows)
    more = f"\n\nand {rest} more" if rest > 0 else ""
    return f"<details><summary>{title}</summary>\n\n{_table('', heads, rows)}{more}\n\n</details>"


def _costs(diff: DossierDiff) -> str:
    old, new = diff.cost_before, diff.cost_after
    if old is None or new is None:
        return ""
    rows = [
        ("Cost of the answers", _money(old), _money(new)),
        ("Cost of one answer", _money(old, each=True), _money(new, each=True)),
        ("Latency, median", _time(old.latency_p50_ms), _time(new.latency_p50_ms)),
        ("Latency, 95th percentile", _time(old.latency_p95_ms), _time(new.latency_p95_ms)),
    ]
    shown = [row for row in rows if row[1:] != (NOTHING, NOTHING)]
    return _table("#### Cost and latency", ("", "Before", "After"), shown)


def _differences(diff: DossierDiff) -> str:
    rows = [
        (plain(each.what), _value(each.before), _value(each.after))
        for each in diff.differences[: MOST_ROWS * 2]
    ]
    table = _table("#### What else decided", ("", "Before", "After"), rows)
    rest = len(diff.differences) - len(rows)
    if not table:
        return "Data, index, models, judges, packages and code are the same."
    return f"{table}\n\nand {rest} more" if rest > 0 else table


def _digests(diff: DossierDiff) -> str:
    sides = (("before", diff.before), ("after", diff.after))
    named = (f"{word} `{side.gate_id}` {_value(side.digest)}" for word, side in sides)
    return f"<sub>Dossiers: {', '.join(named)}</sub>"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    top = [title, ""] if title else []
    return "\n".join([*top, f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines])


def _value(text: str) -> str:
    """Show a value, of a digest the beginning."""
    return plain(" ".join(_shortened(text.split()))[:160]) or NOTHING


def _shortened(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word[:19] if word.startswith("sha256:") else word


def _number(value: float, *, is_proportion: bool) -> str:
    return f"{value:.1%}" if is_proportion else f"{value:.4g}"


def _signed(value: float, *, is_proportion: bool) -> str:
    return f"{value * 100:+.1f} pts" if is_proportion else f"{value:+.4g}"


def _money(cost: RunCost, *, each: bool = False) -> str:
    if cost.unpriced_samples and not cost.cost_usd:
        return "unknown"
    at_least = "at least " if cost.unpriced_samples else ""
    if not each:
        return f"{at_least}${cost.cost_usd.normalize():f}"
    if not cost.samples:
        return NOTHING
    return f"{at_least}${(cost.cost_usd / Decimal(cost.samples)).quantize(Decimal('0.000001')):f}"


def _time(latency_ms: float | None) -> str:
    return NOTHING if latency_ms is None else f"{latency_ms:.0f} ms"
