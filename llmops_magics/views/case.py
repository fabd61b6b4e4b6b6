"""How the cases of an eval look: one row a sample, what needs attention first.

The row's verdict is ``Sample.failed``. A row never tells by colour alone, and a failed call shows
its error where the answer would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.difference import word_difference
from llmops_magics.views.format import NOTHING, count, duration, money, number
from llmops_magics.views.markup import Markup, abbreviate, element, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.run import EvalRun, Sample, Score

MAX_ROWS = 200
_LONG_INPUT = 160
_NAME_CHARACTERS = 60


def attention_order(run: EvalRun) -> list[Sample]:
    """Return the samples, failed first, then regressed against the baseline, then the rest."""
    worse = regressed_cases(run)
    return sorted(
        run.samples, key=lambda sample: 0 if sample.failed else 1 if sample.case_id in worse else 2
    )


def regressed_cases(run: EvalRun) -> frozenset[str]:
    """Return the ids of the cases that some scorer saw get worse."""
    differences = run.comparison.differences if run.comparison else ()
    return frozenset(case for item in differences for case in item.regressed)


def improved_cases(run: EvalRun) -> frozenset[str]:
    """Return the ids of the cases that some scorer saw get better."""
    differences = run.comparison.differences if run.comparison else ()
    return frozenset(case for item in differences for case in item.improved)


def scorers(run: EvalRun) -> list[str]:
    """Return the scorers' names, in the summary's order, then as the samples have them."""
    named = [summary.scorer for summary in run.summary.scores]
    named += [score.scorer for sample in run.samples for score in sample.scores]
    return list(dict.fromkeys(named))


def case_table(run: EvalRun, samples: Sequence[Sample], caption: str) -> Markup:
    """Show samples in the order given, at most ``MAX_ROWS`` of them."""
    columns = scorers(run)
    worse, better = regressed_cases(run), improved_cases(run)
    rows = [
        _row(run, sample, columns, _moved(sample.case_id in worse, sample.case_id in better))
        for sample in samples[:MAX_ROWS]
    ]
    rest = len(samples) - MAX_ROWS
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
    answer: dict[str, Any] = {"answer": block.block(sample.error or sample.output)}
    if baseline is not None and baseline != sample.output:
        answer["answer, against the baseline's"] = word_difference(baseline, sample.output)
    return block.outer(
        block.heading(element("strong", sample.case_id), verdict_badge(sample)),
        block.facts(
            f"Case {sample.case_id}",
            {
                **{f"input {name}": value for name, value in sample.inputs.items()},
                "expected": sample.expected,
                **answer,
                **{s.scorer: f"{score_words(s)}  {s.reason}".strip() for s in sample.scores},
                "tags": ", ".join(sample.tags),
                "trace": sample.trace_id,
            },
        ),
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


def _row(run: EvalRun, sample: Sample, columns: Sequence[str], moved: Markup | None) -> Markup:
    by_name = {score.scorer: score for score in sample.scores}
    tokens = f"{count(sample.input_tokens)} → {count(sample.output_tokens)}"
    return block.row(
        _case_cell(run, sample),
        block.cell(verdict_badge(sample), *((" ", moved) if moved else ())),
        block.cell(_inputs(sample.inputs)),
        block.cell(block.folded(block.plain(sample.expected))),
        block.cell(element("div", _answer(run, sample), style=style.ANSWER)),
        *(block.cell(_score(by_name.get(name))) for name in columns),
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


def _inputs(inputs: dict[str, Any]) -> Markup:
    """Show short inputs as they are, and fold long ones under their name and size."""
    parts = []
    for name, value in inputs.items():
        shown, label = block.plain(value), abbreviate(str(name), _NAME_CHARACTERS)
        if len(inputs) == 1:
            parts.append(block.folded(shown))
        elif len(shown) > _LONG_INPUT:
            parts.append(
                block.fold(f"{label} ({len(shown):,}\N{NO-BREAK SPACE}chars)", block.prose(shown))
            )
        else:
            named = [element("span", f"{label}: ", style=style.MUTED), shown]
            parts.append(element("div", *named, dir="auto", style=style.PROSE))
    return join(parts)


def _answer(run: EvalRun, sample: Sample) -> Markup:
    if sample.error:
        return join([element("strong", "error "), block.folded(sample.error)])
    baseline = _baseline_output(run, sample)
    shown = block.folded(sample.output) if sample.output else element("em", "empty answer")
    if baseline is None or baseline == sample.output:
        return shown
    return join([shown, block.fold("baseline's answer", block.prose(baseline))])


def _score(score: Score | None) -> Markup:
    words = score_words(score)
    if score is None or not score.reason:
        return element("span", words, style="white-space:nowrap")
    return block.fold(words, block.prose(score.reason))


def _baseline_output(run: EvalRun, sample: Sample) -> str | None:
    return run.comparison.baseline_outputs.get(sample.case_id) if run.comparison else None


def _moved(worse: bool, better: bool) -> Markup | None:
    if worse:
        return block.badge("▼ worse", style.RED)
    return block.badge("▲ better", style.GREEN) if better else None
