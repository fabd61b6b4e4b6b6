"""How a retrieval check looks: retrievers side by side, slices, and the queries that failed."""

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
    number,
    score,
    short_digest,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.retrieval_query import query_table, query_words

if TYPE_CHECKING:
    from llmops_magics.evals.matrix import MatrixScore
    from llmops_magics.evals.retrieval.record import RetrievalReport, RetrievalRow, SliceScore

_NAME = 60
_ECONOMY = "recall_per_1k_tokens"
_HEADS = {
    "token_recall": "token recall", "token_precision": "token precision", "token_iou": "token IoU",
    "recall": "recall", _ECONOMY: "recall per 1,000 tokens", "precision": "precision",
    "hit_rate": "hit rate", "mrr": "MRR", "map": "MAP", "ndcg": "nDCG",
}  # fmt: skip
_TEXT = ("token_recall", "token_iou", "recall", _ECONOMY, "hit_rate", "mrr", "ndcg")
_MARKS = {"better": " ▲", "worse": " ▼"}
_WORDS = {"better": "▲ better", "worse": "▼ worse"}
_COLOURS = {"better": style.GREEN, "worse": style.RED}
_NOTE = (
    "A document stands where its best chunk stands; k counts documents, for token figures chunks. "
    "▲ ▼ differ from the baseline beyond noise (Holm over all rows and scores)."
)
_QUERIES = ("queries", "query")
MOST_ROWS = 60
MOST_DIFFERENCES = 100
MOST_SLICES = 60
_FEW_LINES = 12


def retrieval_report_html(report: RetrievalReport) -> Markup:
    """Show the table of retrievers, what is left out, slices, and the worst queries first."""
    metrics = _metrics(report)
    heads = [
        block.head("retriever"), block.number_head("k"),
        *(block.number_head(_HEADS[metric]) for metric in metrics),
        block.number_head("context tokens"), block.number_head("a query"), block.head("run"),
    ]  # fmt: skip
    rows = [_row(report, row, k, metrics) for row in report.rows for k in report.ks]
    return block.outer(
        block.heading(_badge(report.verdict), element("strong", abbreviate(report.corpus, _NAME))),
        block.subline(_subject(report)),
        *(element("div", words, dir="auto") for words in report.reasons[:_FEW_LINES]),
        *(_small(words) for words in report.remarks[:_FEW_LINES]),
        block.table(_caption(report), heads, rows[:MOST_ROWS]),
        block.more(len(rows) - MOST_ROWS, "row"),
        _small(_NOTE),
        _differences(report),
        _slices(report),
        query_table(report),
        block.fold("index and check", _facts(report)),
    )


def retrieval_report_text(report: RetrievalReport) -> str:
    """Return a line a retriever and k, the differences that matter, and the worst queries."""
    metrics = [metric for metric in _metrics(report) if metric in _TEXT]
    heads = ("retriever", "k", *(_HEADS[metric].replace("1,000", "1k") for metric in metrics))
    cells = [
        (_name(row), str(k), *(_shown(row.score(f"{metric}@{k}")) for metric in metrics))
        for row in report.rows
        for k in report.ks
    ]
    lines = [f"{_verdict(report.verdict)}: {abbreviate(report.corpus, _NAME)}"]
    lines += [block.DOT.join(part for part in _subject(report) if part)]
    lines += [*report.reasons[:_FEW_LINES], *report.remarks[:_FEW_LINES], ""]
    lines += columns(heads, cells, numbers=range(1, len(heads)), gives_way=0)
    lines += ["", *query_words(report)]
    return visible("\n".join(lines))


def _metrics(report: RetrievalReport) -> list[str]:
    names = dict.fromkeys(scorer.rpartition("@")[0] for scorer in report.scorers)
    return [name for name in names if name in _HEADS]


def _badge(verdict: str) -> Markup:
    return block.badge(_verdict(verdict), style.AMBER if verdict == "INCONCLUSIVE" else style.BLUE)


def _verdict(verdict: str) -> str:
    return block.verdict_words(verdict) if verdict == "INCONCLUSIVE" else f"✓ {verdict}"


def _small(words: str) -> Markup:
    return element("div", words, dir="auto", style=style.SMALL)


def _subject(report: RetrievalReport) -> list[str]:
    measured = report.query_count - report.excluded
    of = f" of {report.query_count:,}" if report.excluded else ""
    return [
        f"{measured:,}{of} {_QUERIES[measured == 1]} measured",
        abbreviate(report.queries, _NAME),
        f"{report.synthetic:,} of them synthetic" if report.synthetic else "",
        f"index {short_digest(report.index_fingerprint)}",
        f"searched to {report.depth:,}",
        f"as {abbreviate(report.principal, _NAME)}",
        report.report_id,
    ]


def _caption(report: RetrievalReport) -> str:
    held = f", held against {abbreviate(report.baseline, _NAME)}" if report.baseline else ""
    return f"Retrievers on the same queries{held}; 95% intervals stand behind each figure"


def _row(report: RetrievalReport, row: RetrievalRow, k: int, metrics: list[str]) -> Markup:
    tokens = row.context_tokens.get(str(k))
    return block.row(
        element("th", _name(row), scope="row", dir="auto", style=style.ROW_HEAD),
        block.number_cell(str(k)),
        *(_cell(row.score(f"{metric}@{k}"), is_strong=k == report.k) for metric in metrics),
        block.number_cell(NOTHING if tokens is None else f"{tokens:,.0f}"),
        block.number_cell(duration(row.ms_per_query)),
        element("td", row.run_id[-8:], style=style.TIME, title=abbreviate(row.run_id, _NAME)),
    )


def _name(row: RetrievalRow) -> str:
    where = f" ({row.corpus}, baseline)" if row.is_baseline else ""
    return abbreviate(f"{row.retriever}{where}", _NAME)


def _cell(item: MatrixScore | None, *, is_strong: bool) -> Markup:
    shown = _shown(item)
    inner = element("strong", shown) if is_strong else shown
    return element("td", inner, style=style.NUMBER, title=_behind(item))


def _shown(item: MatrixScore | None) -> str:
    if item is None or item.mean is None:
        return NOTHING
    mark = _MARKS.get(item.against.verdict, "") if item.against else ""
    value = score(item.mean, is_proportion=True) if item.is_proportion else f"{item.mean:.3f}"
    return f"{value}{mark}"


def _behind(item: MatrixScore | None) -> str:
    if item is None:
        return ""
    parts = [interval(item.low, item.high, is_proportion=item.is_proportion)]
    parts += [f"{item.n:,} {_QUERIES[item.n == 1]}"]
    parts += [f"{item.missing:,} missing"] if item.missing else []
    against = item.against
    if against is not None:
        change = difference(against.difference, is_proportion=item.is_proportion)
        p_value = probability(against.p_adjusted)
        parts.append(f"{change} from the baseline, p {p_value}, {against.verdict}")
    return ", ".join(parts)


def _differences(report: RetrievalReport) -> Markup:
    rows = [
        (row, item)
        for row in report.rows
        for item in row.scores
        if item.against is not None and item.scorer.endswith(f"@{report.k}")
    ]
    if not rows:
        return Markup()
    heads = [
        block.head("retriever"), block.head("score"), block.number_head("change"),
        block.number_head("95% interval"), block.number_head("p (Holm)"), block.head("reading"),
        block.number_head("queries"),
    ]  # fmt: skip
    made = [_difference(row, item) for row, item in rows[:MOST_DIFFERENCES]]
    table = block.table("From the baseline, paired by query", heads, made)
    return block.fold(f"differences at k = {report.k} ({len(rows)})", table)


def _difference(row: RetrievalRow, item: MatrixScore) -> Markup:
    own = item.against
    if own is None:
        return Markup()
    unit = item.is_proportion
    ends = difference_interval(own.low, own.high, is_proportion=unit)
    return block.row(
        block.row_head(_name(row)),
        block.cell(item.scorer),
        block.number_cell(difference(own.difference, is_proportion=unit)),
        element("td", ends, style=style.NUMBER, title=own.method),
        block.number_cell(probability(own.p_adjusted)),
        block.cell(reading(own.verdict)),
        block.number_cell(count(own.n)),
    )


def reading(verdict: str) -> str:
    """Show a verdict of a difference with a mark and a tint."""
    colour = _COLOURS.get(verdict)
    return block.badge(_WORDS[verdict], colour) if colour else verdict


def _slices(report: RetrievalReport) -> Markup:
    if not report.slices:
        return Markup()
    heads = [
        block.head("slice"), block.head("retriever"), block.head("score"),
        block.number_head("mean"), block.number_head("95% interval"), block.number_head("queries"),
        block.number_head("change"), block.head("reading"),
    ]  # fmt: skip
    rows = [_slice(one) for one in report.slices[:MOST_SLICES]]
    table = block.table("By tag; p-values are adjusted over the slices of a score", heads, rows)
    rest = block.more(len(report.slices) - MOST_SLICES, "row")
    return block.fold(f"slices ({len(report.slices)})", table, rest)


def _slice(one: SliceScore) -> Markup:
    return block.row(
        block.row_head(abbreviate(one.tag, _NAME)),
        block.cell(abbreviate(one.retriever, _NAME)),
        block.cell(one.scorer),
        block.number_cell(number(one.mean)),
        block.number_cell(interval(one.low, one.high, is_proportion=False)),
        block.number_cell(count(one.n)),
        block.number_cell(difference(one.difference, is_proportion=False)),
        block.cell(reading(one.verdict)),
    )


def _facts(report: RetrievalReport) -> Markup:
    return block.facts(
        f"Check {report.report_id}",
        {
            **{str(name): value for name, value in report.index.items()},
            "queries": f"{report.queries} {report.queries_digest}",
            "ranked lists": report.ranked_artifact,
            "started": report.started_at,
            **{f"run of {_name(row)}": row.run_id for row in report.rows[:_FEW_LINES]},
        },
    )
