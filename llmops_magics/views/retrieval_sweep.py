"""How a sweep looks: what is chosen and what that changes, a plot, and every configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.comparison import probability
from llmops_magics.views.format import (
    NOTHING,
    count,
    difference,
    difference_interval,
    duration,
    interval,
    money,
    number,
    plural,
    short_digest,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.sweep.record import (
        Estimate,
        SweepReport,
        SweepRow,
    )

MOST_ROWS = 60
TEXT_ROWS = 20
_NAME = 60
_FEW_LINES = 16
_HEADS = {
    "token_recall": "token recall", "token_precision": "token precision", "token_iou": "token IoU",
    "recall": "recall", "recall_per_1k_tokens": "recall per 1,000 tokens",
    "precision": "precision", "mrr": "MRR", "ndcg": "nDCG",
}  # fmt: skip
_SPANS = ("token_recall", "token_precision", "token_iou")
_WORDS = {"best": "★ best", "worse": "▼ worse", "doubtful": "? doubtful"}
_COLOURS = {"best": style.GREEN, "worse": style.RED, "doubtful": style.AMBER}
_NOTE = (
    "k counts documents, for token figures chunks. Each is held against the best, paired by query; "
    "worse: after adjusting for all (Holm); doubtful: only looked at alone. Behind each difference "
    "stand its interval and p."
)


def retrieval_sweep_html(report: SweepReport) -> Markup:
    """Show what is chosen, what it would change, the plot, and the best score first."""
    from llmops_magics.views.sweep_plot import sweep_plot

    drawn = sweep_plot(report)
    metrics = _metrics(report)
    heads = [
        block.head("chunker"), block.head("embedding"), block.head("retriever"),
        block.number_head("k"), block.number_head(_head(report.score)),
        block.number_head("from the best"), block.head("reading"),
        block.number_head("context tokens"), *(block.number_head(_head(m)) for m in metrics),
        *map(block.number_head, ("a query", "chunks", "tokens to embed", "cost")),
    ]  # fmt: skip
    rows = [_row(report, row, metrics) for row in report.rows[:MOST_ROWS]]
    return block.outer(
        block.heading(_badge(report), element("strong", abbreviate(report.corpus, _NAME))),
        block.subline(_subject(report)),
        *(element("div", words, dir="auto") for words in report.reasons[:_FEW_LINES]),
        *(element("div", words, dir="auto") for words in _chosen_words(report)),
        block.block(report.change.line) if report.change and report.change.line else None,
        *(_small(words) for words in report.remarks[:_FEW_LINES]),
        element("div", drawn.html, style=style.SCROLL) if drawn else None,
        block.table(f"Configurations, the best {_head(report.score)} first", heads, rows),
        block.more(len(report.rows) - MOST_ROWS, "configuration"),
        _small(_NOTE),
        block.fold("sweep", _facts(report)),
    )


def retrieval_sweep_text(report: SweepReport) -> str:
    """Return what is chosen, and a line for each of the best configurations."""
    heads = ("chunker", "embedding", "retriever", "k", _head(report.score), "from best", "reading",
             "tokens", "a query", "chunks")  # fmt: skip
    shown = report.rows[:TEXT_ROWS]
    shown += tuple(r for r in report.rows[TEXT_ROWS:] if r.name in (report.best, report.cheapest))
    several = len({row.embedding for row in report.rows}) > 1
    cells = [
        (
            row.chunker, row.embedding if several else "", row.retriever, str(row.k),
            number(row.scores.get(report.score)), _change(row.difference),
            _reading(report, row), f"{row.context_tokens:,.0f}", duration(row.ms_per_query),
            count(row.chunks),
        )
        for row in shown
    ]  # fmt: skip
    lines = [f"{_verdict(report)}: {abbreviate(report.corpus, _NAME)}"]
    lines += [block.DOT.join(part for part in _subject(report) if part)]
    lines += [*report.reasons[:_FEW_LINES], *_chosen_words(report)]
    lines += [f"  {report.change.line}"] if report.change and report.change.line else []
    lines += [*report.remarks[:_FEW_LINES], ""]
    numbers = (3, 4, 5, 7, 8, 9)
    lines += columns(heads, cells, numbers=numbers, fixed=(0, 2), gives_way=6)
    rest = len(report.rows) - len(shown)
    lines += [f"  and {plural(rest, 'more configuration')} in the record"] if rest > 0 else []
    return visible("\n".join(lines))


def _head(metric: str) -> str:
    return _HEADS.get(metric, metric)


def _metrics(report: SweepReport) -> list[str]:
    """Return the metrics beside the one that is chosen by; those of tokens where there are any."""
    known = report.rows[0].scores if report.rows else {}
    wanted = [m for m in _HEADS if m in known and m != report.score]
    if report.score in _SPANS:
        wanted = [m for m in wanted if m in (*_SPANS, "recall_per_1k_tokens", "mrr")]
    return wanted


def _badge(report: SweepReport) -> Markup:
    is_open = report.verdict == "INCONCLUSIVE"
    return block.badge(_verdict(report), style.AMBER if is_open else style.GREEN)


def _verdict(report: SweepReport) -> str:
    is_open = report.verdict == "INCONCLUSIVE"
    return block.verdict_words(report.verdict) if is_open else f"✓ {report.verdict}"


def _small(words: str) -> Markup:
    return element("div", words, dir="auto", style=style.SMALL)


def _subject(report: SweepReport) -> list[str]:
    measured = report.query_count - report.excluded
    texts = f"{report.embedded:,} texts embedded, {report.reused:,} were there"
    held = f", {report.held_out.n:,} held out" if report.held_out else ""
    return [
        plural(len(report.rows), "configuration"),
        f"chosen by {_head(report.score)} on {report.chosen_on:,} of {measured:,} queries{held}",
        abbreviate(report.queries, _NAME),
        f"{report.synthetic:,} of them synthetic" if report.synthetic else "",
        texts,
        duration(1000 * report.wall_s),
        f"as {abbreviate(report.principal, _NAME)}",
        report.sweep_id,
    ]


def _chosen_words(report: SweepReport) -> list[str]:
    if not report.best:
        return []
    best, cheapest = report.row(report.best), report.row(report.cheapest)
    said = [f"Best: {_named(report, best)}."]
    if best is cheapest:
        return [*said, "None that is cheaper is within noise of it.", *_change_words(report)]
    said.append(f"Cheapest within noise of it: {_named(report, cheapest)}.")
    given, said_of = _loss(report, cheapest)
    ends = difference_interval(given.low, given.high, is_proportion=False)
    said.append(
        f"It takes {_fewer(cheapest.context_tokens, best.context_tokens)} the context tokens; its "
        f"{_head(report.score)} differs by {_change(given.value)} ({ends}, 95%) {said_of}"
        f"{_most(given)}."
    )
    return said + _change_words(report)


def _loss(report: SweepReport, cheapest: SweepRow) -> tuple[Estimate, str]:
    """Return the cheapest's difference from the best, on the queries that report."""
    from llmops_magics.evals.retrieval.sweep.record import Estimate

    if report.held_out is not None:
        own = report.held_out
        means = f"{number(own.best.value)} and {number(own.cheapest.value)}"
        return own.difference, f"on the {own.n:,} queries held out (there {means})"
    row = cheapest
    found = Estimate(
        value=row.difference, low=row.difference_low, high=row.difference_high, n=row.n
    )
    return found, f"on the {row.n:,} queries that chose"


def _most(given: Estimate) -> str:
    if given.low is None or given.low >= 0:
        return ""
    return f": it may lose up to {number(-given.low)} (--margin bounds that)"


def _fewer(few: float, many: float) -> str:
    return f"{few / many:.0%} of" if many else NOTHING


def _named(report: SweepReport, row: SweepRow) -> str:
    ends = interval(row.low, row.high, is_proportion=False)
    return (
        f"{abbreviate(row.name, 2 * _NAME)}, {_head(report.score)} "
        f"{number(row.scores.get(report.score))} ({ends}), {row.context_tokens:,.0f} context "
        f"tokens and {duration(row.ms_per_query)} a query, {plural(row.chunks, 'chunk')}"
    )


def _change_words(report: SweepReport) -> list[str]:
    change = report.change
    if change is None:
        return []
    if not change.chunker_now:
        return ["The corpus has no index yet; this line builds it:"]
    if not change.line:
        return ["The index is cut and embedded so already; only the search would change."]
    said = (
        f"The index now: {change.chunker_now}, {change.embedding_now}, "
        f"{count(change.chunks_now)} chunks; then: {change.chunker}, {change.embedding}, "
        f"{count(change.chunks)} chunks."
    )
    gain = change.gain
    if gain is None:
        return [said, "This line builds it:"]
    ends = difference_interval(gain.low, gain.high, is_proportion=False)
    gained = (
        f"Searched alike, {_head(report.score)} changes by {_change(gain.value)} ({ends}, 95%, "
        f"{gain.n:,} queries): {gain.verdict}. This line builds it:"
    )
    return [said, gained]


def _change(value: float | None) -> str:
    return difference(value, is_proportion=False)


def _reading(report: SweepReport, row: SweepRow) -> str:
    words = _WORDS.get(row.verdict, row.verdict)
    cheapest = "★ cheapest" if row.name == report.cheapest != report.best else ""
    now = "index now" if row.is_current else ""
    return ", ".join(part for part in (cheapest or words, now) if part)


def _row(report: SweepReport, row: SweepRow, metrics: list[str]) -> Markup:
    is_chosen = row.name in (report.best, report.cheapest)
    value = number(row.scores.get(report.score))
    ends = interval(row.low, row.high, is_proportion=False)
    colour = style.GREEN if is_chosen else _COLOURS.get(row.verdict)
    reading = _reading(report, row)
    too_long = f"{row.too_long:,} longer than the embedder reads" if row.too_long else ""
    return block.row(
        element("th", abbreviate(row.chunker, _NAME), scope="row", dir="auto",
                style=style.ROW_HEAD),
        block.cell(abbreviate(row.embedding, _NAME)),
        block.cell(abbreviate(row.retriever, _NAME)),
        block.number_cell(str(row.k)),
        element("td", element("strong", value) if is_chosen else value, style=style.NUMBER,
                title=f"{ends}, {row.n:,} queries"),
        element("td", _change(row.difference), style=style.NUMBER, title=_behind(row)),
        block.cell(block.badge(reading, colour) if colour else reading),
        block.number_cell(f"{row.context_tokens:,.0f}"),
        *(block.number_cell(number(row.scores.get(metric))) for metric in metrics),
        block.number_cell(duration(row.ms_per_query)),
        element("td", f"{row.chunks:,}{' !' if too_long else ''}", style=style.NUMBER,
                title=too_long),
        block.number_cell(count(row.tokens)),
        block.number_cell(money(row.cost_usd)),
    )  # fmt: skip


def _behind(row: SweepRow) -> str:
    ends = difference_interval(row.difference_low, row.difference_high, is_proportion=False)
    return f"{ends} at 95%, p {probability(row.p_adjusted)} (Holm)"


def _facts(report: SweepReport) -> Markup:
    return block.facts(
        f"Sweep {report.sweep_id}",
        {
            "corpus": f"{report.corpus} {short_digest(report.corpus_fingerprint)}",
            "queries": f"{report.queries} {report.queries_digest}",
            "chosen by": f"{report.score}, margin {report.margin:g}, holdout {report.holdout:g}",
            "choosing flatters by": number(report.optimism),
            "started": report.started_at,
        },
    )
