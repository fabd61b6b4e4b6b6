"""How a review looks: how far it is, how often people agree with scorers, and what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.case import beside_baseline, score_words, verdict_badge
from llmops_magics.views.clip import plain_clipped
from llmops_magics.views.format import NOTHING, count, duration, interval, moment, plural, share
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.room import Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.review.report import Agreement, ReviewedCase, ReviewReport
    from llmops_magics.evals.review.state import CaseReview, Verdict
    from llmops_magics.evals.run import EvalRun, Sample, Score
    from llmops_magics.tracing.trace import Span

TABLE_BYTES = 300_000
DETAIL_CHARACTERS = 20_000
MAX_SPANS = 50


def review_html(report: ReviewReport) -> Markup:
    """Show the progress, the agreement by scorer, and the samples that were looked at."""
    word = f"✓ {count(report.done)} of {plural(report.selected, 'sample')} reviewed"
    colour = style.AMBER if report.open else style.GREEN
    parts = [
        block.heading(element("strong", f"Review of {report.prompt}"), block.badge(word, colour)),
        block.subline(_subject(report)),
    ]
    if report.agreements:
        rows = [_agreement_row(item) for item in report.agreements]
        parts.append(block.table("People and scorers", _agreement_heads(), rows))
    if report.cases:
        parts.append(_cases(report))
    return block.outer(*parts)


def review_text(report: ReviewReport) -> str:
    """Return the progress and one line a scorer."""
    lines = [block.DOT.join([f"review of {report.prompt}", *filter(None, _subject(report))])]
    lines.append(
        f"  {count(report.done)} of {plural(report.selected, 'sample')} reviewed, "
        f"{count(report.skipped)} skipped, {count(report.open)} open"
    )
    lines += [f"  {item.scorer}  {_agreement_words(item)}" for item in report.agreements]
    return visible("\n".join(lines))


def review_detail(
    run: EvalRun, sample: Sample, review: CaseReview, spans: Sequence[Span] = ()
) -> Markup:
    """Show one sample in full: what a reviewer decides on."""
    said = sample.error or sample.output
    parts = [
        block.heading(
            element("strong", abbreviate(sample.case_id, 120) + _repeat(run, sample)),
            verdict_badge(sample),
            *_review_badges(review),
        ),
        block.subline([", ".join(sample.tags), duration(sample.latency_ms)]),
        *(_part(name, plain_clipped(value)) for name, value in sample.inputs.items()),
        *([_part("retrieved context", sample.context)] if sample.context else []),
        _expected(sample, review),
        _part("error" if sample.error else "answer", said or "(empty)"),
        *_against(run, sample),
        _scores(sample, review),
        *(_part(f"note by {note.by}", note.text) for note in review.notes),
        *_trace(sample, spans),
    ]
    return block.outer(*parts)


def verdict_words(verdict: Verdict) -> str:
    """Say what a person said of one score."""
    word = "agrees" if verdict.agrees else f"says {_value(verdict.right)}"
    return f"{verdict.by} {word}" + (" (contested)" if verdict.contested else "")


def _subject(report: ReviewReport) -> list[str]:
    return [
        f"run {report.run_id}",
        report.dataset,
        report.scope,
        plural(report.open, "sample") + " open" if report.open else "",
        f"{count(report.skipped)} skipped" if report.skipped else "",
        f"by {block.names(report.reviewers, 5)}" if report.reviewers else "",
        f"verdicts in {report.exported}" if report.exported else "",
        f"as of {moment(report.at)}",
    ]


def _agreement_heads() -> list[Markup]:
    names = ("verdicts", "agreed", "share", "95% interval", "contested")
    return [block.head("scorer"), *(block.number_head(name) for name in names)]


def _agreement_row(item: Agreement) -> Markup:
    cells = (
        count(item.n),
        count(item.agreed),
        share(item.agreed / item.n if item.n else None),
        interval(item.low, item.high, is_proportion=True),
        count(item.contested),
    )
    return block.row(block.row_head(item.scorer), *map(block.number_cell, cells))


def _agreement_words(item: Agreement) -> str:
    bounds = interval(item.low, item.high, is_proportion=True)
    contested = f", {item.contested} contested" if item.contested else ""
    return f"people agree on {item.agreed} of {item.n} ({bounds}, Wilson{contested})"


def _cases(report: ReviewReport) -> Markup:
    room = Room(TABLE_BYTES, rows=len(report.cases))
    rows: list[Markup] = []
    for case in report.cases:
        row = _case_row(case)
        if not room.takes(row):
            break
        rows.append(row)
    heads = [
        block.marked_head("case"),
        *map(block.head, ("verdicts", "input", "answer", "expected, as edited", "notes", "added")),
    ]
    table = block.table("Looked at, in the run's order", heads, rows, wide=True)
    return element("div", table, block.more(report.done - len(rows), "sample"))


def _case_row(case: ReviewedCase) -> Markup:
    wrong = any(not verdict.agrees for verdict in case.verdicts)
    colour = style.RED if wrong else style.GREEN if case.verdicts else style.GREY
    repeat = f" #{case.repeat + 1}" if case.repeat else ""
    return block.row(
        element(
            "th",
            abbreviate(case.case_id, 60) + repeat,
            scope="row",
            style=style.first_cell(colour),
        ),
        block.cell(*_verdicts(case)),
        block.cell(block.folded(case.input)),
        block.cell(block.folded(case.answer)),
        block.cell(block.folded(case.expected) if case.expected else NOTHING),
        block.cell(*(block.prose(note) for note in case.notes)),
        block.cell(", ".join(case.added)),
    )


def _verdicts(case: ReviewedCase) -> list[Markup]:
    shown = [
        element("div", f"{each.scorer}: {_value(each.value)}; {verdict_words(each)}")
        for each in case.verdicts
    ]
    return [*shown, *([element("div", "skipped")] if case.is_skipped else [])]


def _review_badges(review: CaseReview) -> list[Markup]:
    words = [
        ("reviewed", style.GREEN, review.is_done),
        ("skipped", style.GREY, review.is_skipped and not review.is_done),
    ]
    return [block.badge(word, colour) for word, colour, holds in words if holds]


def _expected(sample: Sample, review: CaseReview) -> Markup:
    shown = _part("expected", plain_clipped(sample.expected))
    if not review.is_edited:
        return shown
    return element("div", shown, _part("expected, as edited", plain_clipped(review.expected)))


def _against(run: EvalRun, sample: Sample) -> list[Markup]:
    outputs = run.comparison.baseline_outputs if run.comparison else {}
    baseline = outputs.get(sample.case_id)
    if baseline is None or baseline == sample.output or sample.error:
        return []
    title = element("div", "against the baseline", style=style.ROLE)
    return [element("div", title, beside_baseline(baseline, sample.output))]


def _scores(sample: Sample, review: CaseReview) -> Markup:
    heads = [block.head(name) for name in ("scorer", "says", "reason", "people")]
    rows = [_score_row(score, review.verdict(score.scorer)) for score in sample.scores]
    return block.table("Scores", heads, rows) if rows else Markup()


def _score_row(score: Score, verdict: Verdict | None) -> Markup:
    return block.row(
        block.row_head(score.scorer),
        block.cell(score_words(score)),
        block.cell(element("div", block.folded(score.reason), style=style.EXCERPT)),
        block.cell(verdict_words(verdict) if verdict else NOTHING),
    )


def _trace(sample: Sample, spans: Sequence[Span]) -> list[Markup]:
    """Name the trace, and fold its spans under it."""
    if not sample.trace_id:
        return []
    if not spans:
        return [element("div", f"trace {sample.trace_id}", style=style.SMALL)]
    rows = [
        block.row(
            block.row_head(abbreviate(span.name, 80)),
            block.number_cell(duration(span.duration_ms)),
            block.cell("✗ error" if span.status == "error" else "ok"),
        )
        for span in spans[:MAX_SPANS]
    ]
    heads = [block.head("span"), block.number_head("time"), block.head("status")]
    title = f"trace {sample.trace_id}, {plural(len(spans), 'span')}"
    table = block.table("Spans by start", heads, rows)
    return [block.fold(title, table, block.more(len(spans) - MAX_SPANS, "span"))]


def _part(name: str, value: str) -> Markup:
    return element(
        "div",
        element("div", abbreviate(name, 120), style=style.ROLE),
        block.block(value, DETAIL_CHARACTERS),
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else abbreviate(str(value), 60)


def _repeat(run: EvalRun, sample: Sample) -> str:
    return f" #{sample.repeat + 1}" if run.repeats > 1 else ""
