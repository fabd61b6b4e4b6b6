"""How the cases of an eval look: one row a sample, what needs attention first.

The row's verdict is ``Sample.failed``. A row never tells by colour alone, and a failed call shows
its error where the answer would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.clip import plain_clipped
from llmops_magics.views.difference import words
from llmops_magics.views.format import NOTHING, count, duration, money, number
from llmops_magics.views.markup import Markup, abbreviate, element, join
from llmops_magics.views.room import LEAST_CHARACTERS, Room
from llmops_magics.views.scan import first_samples, improved_cases, regressed_cases
from llmops_magics.views.words import CAME, WENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.run import EvalRun, Sample, Score

MAX_ROWS = 200
MAX_INPUTS = 12  # of a case, in its row
TABLE_BYTES = 580_000  # of HTML: a notebook that grows by megabytes is no use to anyone
DETAIL_CHARACTERS = 20_000  # of one text, where a single case is shown
_LONG_INPUT = 160
_NAME_CHARACTERS = 60


def attention_order(run: EvalRun, limit: int | None = None) -> list[Sample]:
    """Return the samples, failed first, then regressed against the baseline, then the rest.

    With ``limit`` only the first so many are read, however many the run has.
    """
    return first_samples(run, len(run.samples) if limit is None else limit)


def scorers(run: EvalRun, samples: Sequence[Sample]) -> list[str]:
    """Return the scorers' names, in the summary's order, then as the samples given have them."""
    named = [summary.scorer for summary in run.summary.scores]
    named += [score.scorer for sample in samples for score in sample.scores]
    return list(dict.fromkeys(named))


def case_table(
    run: EvalRun, samples: Sequence[Sample], caption: str, *, total: int | None = None
) -> Markup:
    """Show samples in the order given, as many of the first ``MAX_ROWS`` as there is room for.

    ``total`` is how many rows there are where the caller gives only the first. Long texts are cut
    the shorter the more rows there are, so that the table stays small.
    """
    shown = samples[:MAX_ROWS]
    columns = scorers(run, shown)
    worse, better = regressed_cases(run), improved_cases(run)
    room = Room(TABLE_BYTES, rows=len(shown))
    rows: list[Markup] = []
    for sample in shown:
        moved = _moved(sample.case_id in worse, sample.case_id in better)
        row = _row(run, sample, columns, moved, room.text)
        if not room.takes(row):
            if not rows:  # one giant row: its beginning is better than nothing
                rows.append(_row(run, sample, columns, moved, LEAST_CHARACTERS))
            break
        rows.append(row)
    rest = (len(samples) if total is None else total) - len(rows)
    more = f"and {rest:,} more rows in the record" if rest > 0 else None
    return join(
        [
            block.table(caption, _heads(columns), rows, wide=True),
            element("div", more, style=style.SMALL) if more else "",
        ]
    )


def sample_detail(run: EvalRun, sample: Sample) -> Markup:
    """Show all of one sample: inputs, expectation, answer against the baseline's, reasons."""
    baseline = _baseline_output(run, sample)
    said = sample.error or sample.output
    answer: dict[str, Any] = {"answer": block.block(said, DETAIL_CHARACTERS)}
    if baseline is not None and baseline != sample.output:
        answer["against the baseline"] = beside_baseline(baseline, sample.output)
    return block.outer(
        block.heading(element("strong", sample.case_id), verdict_badge(sample)),
        block.facts(
            f"Case {sample.case_id}",
            {
                **{f"input {name}": plain_clipped(v) for name, v in sample.inputs.items()},
                "retrieved context": sample.context,
                "expected": None if sample.expected is None else plain_clipped(sample.expected),
                **answer,
                **{s.scorer: f"{score_words(s)}  {s.reason}".strip() for s in sample.scores},
                "tags": ", ".join(sample.tags),
                "trace": sample.trace_id,
            },
        ),
    )


def beside_baseline(baseline: str, answer: str) -> Markup:
    """Show two answers side by side, with the words that went and came marked."""
    heads = (block.head("baseline's answer"), block.head("answer"))
    sides = [
        element("td", words(baseline, answer, only=side), dir="auto", style=style.LINE)
        for side in (WENT, CAME)
    ]
    return element(
        "table",
        element("thead", element("tr", *heads, style=style.HEAD_ROW)),
        element("tbody", element("tr", *sides, style=style.DIFF_ROW)),
        style=style.DIFF_TABLE,
    )


def verdict_badge(sample: Sample) -> Markup:
    """Say whether a row passed, failed, or could not be answered."""
    if sample.error:
        return block.badge("! error", style.RED)
    if not sample.failed:
        return block.badge("✓ pass", style.GREEN)
    if any(score.value is False for score in sample.scores):
        return block.badge("✗ fail", style.RED)
    return block.badge("? missing", style.AMBER)


def score_words(score: Score | None) -> str:
    """Show a score by the kind of its value."""
    if score is None:
        return NOTHING
    if score.value is None:
        return "? missing" if score.applicable else "n/a"
    if isinstance(score.value, bool):
        return "✓ yes" if score.value else "✗ no"
    return abbreviate(score.value, 40) if isinstance(score.value, str) else number(score.value)


def _heads(columns: Sequence[str]) -> list[Markup]:
    return [
        block.marked_head("case"),
        *(block.head(name) for name in ("verdict", "input", "expected", "answer")),
        *(block.head(abbreviate(name, 40)) for name in columns),
        *(block.number_head(name) for name in ("latency", "tokens", "cost")),
    ]


def _row(
    run: EvalRun, sample: Sample, columns: Sequence[str], moved: Markup | None, limit: int
) -> Markup:
    by_name = {score.scorer: score for score in sample.scores}
    tokens = f"{count(sample.input_tokens)} → {count(sample.output_tokens)}"
    return block.row(
        _case_cell(run, sample),
        block.cell(verdict_badge(sample), *((" ", moved) if moved else ())),
        block.cell(_inputs(sample.inputs, limit)),
        block.cell(_folded(plain_clipped(sample.expected), limit)),
        block.cell(element("div", _answer(run, sample, limit), style=style.ANSWER)),
        *(block.cell(_score(by_name.get(name), limit)) for name in columns),
        block.number_cell(duration(sample.latency_ms)),
        block.number_cell(tokens),
        block.number_cell(money(sample.cost_usd)),
    )


def _case_cell(run: EvalRun, sample: Sample) -> Markup:
    colour = style.RED if sample.failed else style.GREEN
    repeat = f" #{sample.repeat + 1}" if run.repeats > 1 else ""
    tags = element("div", abbreviate(", ".join(sample.tags), 80), style=style.SMALL)
    return element(
        "th",
        element("span", abbreviate(sample.case_id, _NAME_CHARACTERS) + repeat),
        tags if sample.tags else None,
        scope="row",
        title=sample.case_id if len(sample.case_id) > _NAME_CHARACTERS else None,
        style=style.first_cell(colour),
    )


def _inputs(inputs: dict[str, Any], limit: int) -> Markup:
    """Show short inputs as they are, and fold long ones under their name and size."""
    parts = []
    for name, value in list(inputs.items())[:MAX_INPUTS]:
        shown, label = plain_clipped(value), abbreviate(str(name), _NAME_CHARACTERS)
        if len(inputs) == 1:
            parts.append(_folded(shown, limit))
        elif len(shown) > _LONG_INPUT:
            parts.append(
                block.fold(
                    f"{label} ({len(shown):,}\N{NO-BREAK SPACE}chars)", block.prose(shown, limit)
                )
            )
        else:
            named = [element("span", f"{label}: ", style=style.MUTED), shown]
            parts.append(element("div", *named, dir="auto", style=style.PROSE))
    return join([*parts, block.more(len(inputs) - MAX_INPUTS, "input")])


def _answer(run: EvalRun, sample: Sample, limit: int) -> Markup:
    if sample.error:
        return join([element("strong", "error "), _folded(sample.error, limit)])
    baseline = _baseline_output(run, sample)
    empty = element("em", "empty answer")
    shown = _folded(sample.output, limit) if sample.output else empty
    if baseline is None or baseline == sample.output:
        return shown
    return join([shown, block.fold("baseline's answer", block.prose(baseline, limit))])


def _folded(value: str, limit: int) -> Markup:
    """Fold a text that is not short, cut at ``limit``."""
    if len(value) <= block.SHORT_CHARACTERS:
        return block.folded(value)
    return block.fold(abbreviate(value, block.SHORT_CHARACTERS), block.prose(value, limit))


def _score(score: Score | None, limit: int) -> Markup:
    said = score_words(score)
    if score is None or not score.reason:
        return element("span", said, style="white-space:nowrap")
    return block.fold(said, block.prose(score.reason, limit))


def _baseline_output(run: EvalRun, sample: Sample) -> str | None:
    return run.comparison.baseline_outputs.get(sample.case_id) if run.comparison else None


def _moved(worse: bool, better: bool) -> Markup | None:
    if worse:
        return block.badge("▼ worse", style.RED)
    return block.badge("▲ better", style.GREEN) if better else None
