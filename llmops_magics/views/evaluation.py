"""How an eval run looks: what ran, what it adds up to, and its cases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmops_magics.views import block, comparison, style
from llmops_magics.views.case import MAX_ROWS, attention_order, case_table
from llmops_magics.views.cause import cause_overview, cause_words
from llmops_magics.views.format import (
    count,
    duration,
    interval,
    moment,
    number,
    plural,
    score,
    share,
    short_digest,
    total_money,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.scan import scan

if TYPE_CHECKING:
    from llmops_magics.evals.run import (
        ChanceFlips,
        ChanceReport,
        EvalRun,
        ScoreDifference,
        ScoreSummary,
    )


def eval_run_html(run: EvalRun) -> Markup:
    """Show the run, its scores, and its cases with the failed ones first."""
    total = len(run.samples)
    caption = f"{plural(total, 'row')}, failed first, then worse than the baseline"
    table = case_table(run, attention_order(run, MAX_ROWS), caption, total=total)
    return block.outer(*run_overview(run), table, block.fold("run record", _facts(run)))


def run_overview(run: EvalRun) -> list[Markup]:
    """Show the heading, the totals, why cases failed and the scores: all but the cases."""
    failed = len(run.summary.failed_cases)
    word = block.badge(f"✗ {failed:,} of {plural(run.summary.cases, 'case')} failed", style.RED)
    if not failed:
        word = block.badge("✓ no case failed", style.GREEN)
    beside = [_baseline(run)] if run.comparison else []
    return [
        block.heading(element("strong", run.prompt), word),
        block.subline(_subject(run)),
        *cause_overview(run.causes),
        _scores(run),
        *_reliability(run),
        *_chance(run),
        *beside,
    ]


def eval_run_text(run: EvalRun) -> str:
    """Return the totals and one line a scorer."""
    lines = [block.DOT.join(part for part in [run.prompt, *_subject(run)] if part)]
    by_scorer = _differences(run)
    for item in run.summary.scores:
        beside = by_scorer.get(item.scorer)
        shown = f"  {item.scorer}  {_score_line(item)}"
        if beside:
            words = comparison.difference_words(beside, is_proportion=item.is_proportion)
            shown += f"{block.DOT}{words}"
        lines.append(shown)
    lines += [f"  {words}" for words in reliability_words(run)]
    lines += [f"  {words}" for words in comparison.notes(run.comparison)] if run.comparison else []
    lines += [f"  {words}" for words in chance_words(run.chance)]
    causes = [f"  {words}" for words in cause_words(run.causes)]
    failed = run.summary.failed_cases
    lines.append(
        f"  {len(failed):,} of {plural(run.summary.cases, 'case')} failed"
        + (f": {block.names(failed, 10)}" if failed else "")
    )
    return visible("\n".join([lines[0], *causes, *lines[1:]]))


def _subject(run: EvalRun) -> list[str]:
    totals = run.summary
    model = run.model
    if run.resolved_models and run.resolved_models != (run.model,):
        model = f"{run.model} ({', '.join(run.resolved_models)})"
    return [
        run.dataset,
        model,
        plural(totals.cases, "case")
        + (f" \N{MULTIPLICATION SIGN} {run.repeats}" if run.repeats > 1 else ""),
        plural(totals.errors, "error") if totals.errors else "",
        f"{count(totals.input_tokens)} in / {count(totals.output_tokens)} out tokens",
        total_money(totals.cost_usd, totals.unpriced_samples, "answer"),
        f"p50 {duration(totals.latency_p50_ms)}, p95 {duration(totals.latency_p95_ms)}",
        f"{duration(totals.wall_s * 1000)} in all",
    ]


def _scores(run: EvalRun) -> Markup:
    by_scorer = _differences(run)
    heads = [
        block.head("scorer"),
        block.number_head("mean"),
        block.head(""),
        block.number_head("95% interval"),
        block.head("method"),
        block.number_head("cases"),
        block.number_head("missing"),
        *(comparison.difference_heads() if run.comparison else ()),
    ]
    rows = [
        block.row(*_score_cells(run, item), *_beside(run, item, by_scorer.get(item.scorer)))
        for item in run.summary.scores
    ]
    return block.table("Scores, averaged over cases", heads, rows)


def _score_cells(run: EvalRun, item: ScoreSummary) -> list[Markup]:
    missing = block.badge(f"! {item.missing:,}", style.AMBER) if item.missing else "0"
    return [
        block.row_head(item.scorer),
        block.number_cell(score(item.mean, is_proportion=item.is_proportion)),
        block.cell(_bar(item) if item.mean is not None else _labels(run, item.scorer)),
        block.number_cell(interval(item.low, item.high, is_proportion=item.is_proportion)),
        block.cell(element("span", _method(item), title=_error(item), style=style.SMALL)),
        block.number_cell(count(item.n)),
        block.number_cell(missing),
    ]


def _beside(
    run: EvalRun, item: ScoreSummary, difference: ScoreDifference | None
) -> tuple[Markup, ...]:
    if not run.comparison:
        return ()
    return comparison.difference_cells(difference, is_proportion=item.is_proportion)


def _bar(item: ScoreSummary) -> Markup:
    """Draw the mean, and under it the interval, on the line from 0 to 1."""
    if item.mean is None or not 0 <= item.mean <= 1:
        return Markup()
    whisker = Markup()
    if item.low is not None and item.high is not None:
        whisker = block.bar(item.low, item.high - item.low, style.GREY, height=2, opacity=0.9)
    frame = f"width:110px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.15)}"
    return element("div", block.bar(0, item.mean, style.BLUE), whisker, style=frame)


def _labels(run: EvalRun, scorer: str) -> Markup:
    """Count the labels of a scorer that gives no number."""
    values: Counter[str] = Counter()
    first: dict[str, int] = {}
    for row in scan(run):
        label = row.scores.get(scorer)
        if isinstance(label, str):
            values[label] += 1
            first.setdefault(label, row.position)
    shown = [
        f"{number:,} {abbreviate(str(run.samples[first[label]].value(scorer)), 30)}"
        for label, number in values.most_common(5)
    ]
    return element("span", ", ".join(shown), style=style.SMALL)


def _score_line(item: ScoreSummary) -> str:
    mean = score(item.mean, is_proportion=item.is_proportion)
    bounds = interval(item.low, item.high, is_proportion=item.is_proportion)
    missing = f", {item.missing} missing" if item.missing else ""
    return f"{mean} ({bounds}, {_method(item)}, n={item.n}{missing})"


def _method(item: ScoreSummary) -> str:
    return item.method if item.groups is None else f"{item.method}, {item.groups} groups"


def _error(item: ScoreSummary) -> str:
    clustered = "" if item.groups is None else ", clustered"
    known = item.standard_error is not None
    return f"standard error {number(item.standard_error)}{clustered}" if known else ""


def reliability_words(run: EvalRun) -> list[str]:
    """Say of each assertion how often one answer of k passes, and how often all do."""
    return [
        f"{item.scorer}: pass@{item.k} {share(item.pass_at_k)}, pass^{item.k} "
        f"{share(item.pass_hat_k)}, {share(item.flake_rate)} of cases flaky"
        for item in run.summary.scores
        if item.k is not None
    ]


def chance_words(chance: ChanceReport | None) -> list[str]:
    """Say what an A/A run shows of each score: what changes when nothing does."""
    if chance is None:
        return []
    return [f"A/A of {chance.prompt}, {_flips(item)}" for item in chance.scores]


def _flips(item: ChanceFlips) -> str:
    if not item.is_proportion:
        return comparison.chance_spread(item)
    ends = interval(item.low, item.high, is_proportion=True)
    return (
        f"{item.scorer}: {item.flips:,} of {plural(item.n, 'case')} flip by chance, "
        f"{share(item.rate)} ({ends})"
    )


def _reliability(run: EvalRun) -> list[Markup]:
    return [element("div", words, style=style.SMALL) for words in reliability_words(run)]


def _chance(run: EvalRun) -> list[Markup]:
    return [element("div", words, style=style.SMALL) for words in chance_words(run.chance)]


def _baseline(run: EvalRun) -> Markup:
    beside = run.comparison
    if beside is None:
        return Markup()
    title = f"Changes are against {beside.baseline_prompt} on {plural(beside.common_cases, 'case')}"
    moved = comparison.beside(beside)
    return block.fold(title, *moved) if moved else element("div", title, style=style.SMALL)


def _differences(run: EvalRun) -> dict[str, ScoreDifference]:
    return {item.scorer: item for item in run.comparison.differences} if run.comparison else {}


def _facts(run: EvalRun) -> Markup:
    scorers = {f"scorer {name}": digest for name, digest in run.scorer_digests.items()}
    return block.facts(
        f"Run {run.run_id}",
        {
            "run": run.run_id,
            "started": moment(run.started_at),
            "prompt": f"{run.prompt} {run.prompt_digest}",
            "dataset": f"{run.dataset} {run.dataset_digest}",
            "model": run.model,
            "answered by": ", ".join(run.resolved_models),
            "all rows": getattr(run, "rows_artifact", ""),
            "causes": run.causes_artifact,
            **{name: short_digest(digest) for name, digest in scorers.items()},
        },
    )
