"""How a matrix of runs looks: a row a run, and each score with its interval and its difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    plural,
    score,
    total_money,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from decimal import Decimal

    from llmops_magics.evals.matrix import EvalMatrix, MatrixDifference, MatrixRow, MatrixScore

_WORDS = {"better": "▲ better", "worse": "▼ worse"}
_COLOURS = {"better": style.GREEN, "worse": style.RED}
_NAME_CHARACTERS = 60
_BEST = (
    "★ best: better than every other run beyond noise. p-values are adjusted for all rows and "
    "scores (Holm)."
)


def eval_matrix_html(matrix: EvalMatrix) -> Markup:
    """Show the runs as a table; what is the same in all of them stands above it."""
    rows = matrix.rows[: block.MAX_ROWS]
    varying = _varying(matrix)
    tail = ("cost a case", "p50", "p95", "errors")
    heads = [
        *(block.head(name) for name in varying),
        *(block.number_head(abbreviate(name, _NAME_CHARACTERS)) for name in matrix.scorers),
        *map(block.number_head, tail),
        block.head("run"),
    ]
    caption = f"Differences are against {_label(matrix.reference, varying)}, paired by case"
    return block.outer(
        block.heading(element("strong", plural(len(matrix.rows), "run")), *_best_badge(matrix)),
        block.subline(_subject(matrix, varying)),
        block.table(caption, heads, [_row(matrix, row, varying) for row in rows]),
        block.more(len(matrix.rows) - block.MAX_ROWS, "run"),
        *(element("div", words, dir="auto", style=style.SMALL) for words in _notes(matrix)),
    )


def eval_matrix_text(matrix: EvalMatrix) -> str:
    """Return a line a run, and one for each difference."""
    varying = _varying(matrix)
    heads = (*varying, *matrix.scorers, "cost/case", "p50", "errors", "run")
    cells = [_cells(matrix, row, varying) for row in matrix.rows]
    numbers = range(len(varying), len(heads) - 1)
    lines = [block.DOT.join([plural(len(matrix.rows), "run"), *_subject(matrix, varying)])]
    lines += columns(heads, cells, numbers=numbers, fixed=(len(heads) - 1,), gives_way=0)
    lines += [f"  {words}" for words in _difference_lines(matrix, varying)]
    lines += [f"  {words}" for words in _notes(matrix)]
    return visible("\n".join(line for line in lines if line.strip()))


def _varying(matrix: EvalMatrix) -> dict[str, list[str]]:
    """Return the columns that tell the rows apart, each with its cells."""
    names = dict.fromkeys(name for row in matrix.rows for name in row.settings)
    found = {
        "target": [row.target for row in matrix.rows],
        "model": [row.model for row in matrix.rows],
        **{name: [_setting(row.settings.get(name)) for row in matrix.rows] for name in names},
    }
    varying = {name: cells for name, cells in found.items() if len(set(cells)) > 1}
    return varying or {"target": found["target"]}


def _setting(value: Any) -> str:
    return NOTHING if value is None else block.plain(value)


def _subject(matrix: EvalMatrix, varying: dict[str, list[str]]) -> list[str]:
    first, rows = matrix.rows[0], matrix.rows
    constant = [] if "target" in varying else [first.target]
    constant += [] if "model" in varying or not first.model else [first.model]
    constant += [f"{k}={_setting(v)}" for k, v in first.settings.items() if k not in varying]
    cases = plural(max(row.cases for row in rows), "case")
    repeats = f" \N{MULTIPLICATION SIGN} {matrix.repeats}" if matrix.repeats > 1 else ""
    unpriced = sum(row.unpriced_samples for row in rows)
    total = sum((row.cost_usd for row in rows), start=_zero(rows))
    return [
        *(abbreviate(part, _NAME_CHARACTERS) for part in constant),
        f"{matrix.dataset}, {cases}{repeats}",
        total_money(total, unpriced, "answer"),
        f"{duration(matrix.wall_s * 1000)} in all",
    ]


def _zero(rows: tuple[MatrixRow, ...]) -> Decimal:
    return rows[0].cost_usd * 0


def _label(row: MatrixRow, varying: dict[str, list[str]]) -> str:
    settings = {name: _setting(row.settings.get(name)) for name in varying}
    parts = [
        getattr(row, name) if name in ("target", "model") else f"{name}={settings[name]}"
        for name in varying
    ]
    return abbreviate(" ".join(part for part in parts if part), 2 * _NAME_CHARACTERS)


def _row(matrix: EvalMatrix, row: MatrixRow, varying: dict[str, list[str]]) -> Markup:
    place = matrix.rows.index(row)
    first, *others = [cells[place] for cells in varying.values()]
    colour = style.BLUE if row.is_reference else style.GREY
    mark = [" ", block.badge("reference", style.BLUE)] if row.is_reference else []
    return block.row(
        element(
            "th", abbreviate(first, _NAME_CHARACTERS), *mark,
            scope="row", dir="auto", style=style.first_cell(colour),
        ),
        *(block.cell(abbreviate(text, _NAME_CHARACTERS)) for text in others),
        *(_score_cell(row, scorer) for scorer in matrix.scorers),
        block.number_cell(money(row.cost_per_case_usd)),
        block.number_cell(duration(row.latency_p50_ms)),
        block.number_cell(duration(row.latency_p95_ms)),
        block.number_cell(block.badge(f"! {row.errors:,}", style.AMBER) if row.errors else "0"),
        element("td", row.run_id[-8:], style=style.TIME, title=row.run_id),
    )  # fmt: skip


def _score_cell(row: MatrixRow, scorer: str) -> Markup:
    found = row.score(scorer)
    if found is None:
        return block.number_cell(NOTHING)
    bounds = interval(found.low, found.high, is_proportion=found.is_proportion)
    missing = f", {count(found.missing)} missing" if found.missing else ""
    best = [" ", block.badge("★ best", style.GREEN)] if found.is_best else []
    return element(
        "td",
        element("strong", score(found.mean, is_proportion=found.is_proportion)),
        *best,
        element("div", f"{bounds}{missing}", style=style.SMALL),
        _against(found),
        style=style.NUMBER,
    )


def _against(found: MatrixScore) -> Markup | None:
    item = found.against
    if item is None:
        return None
    words = f"{_change(item, found)} {_reading(item)}"
    colour = _COLOURS.get(item.verdict)
    inner = block.badge(words, colour) if colour else element("span", words, style=style.SMALL)
    return element("div", inner, title=_how(item, found))


def _change(item: MatrixDifference, found: MatrixScore) -> str:
    return difference(item.difference, is_proportion=found.is_proportion)


def _reading(item: MatrixDifference) -> str:
    return _WORDS.get(item.verdict, item.verdict)


def _how(item: MatrixDifference, found: MatrixScore) -> str:
    bounds = difference_interval(item.low, item.high, is_proportion=found.is_proportion)
    return f"{bounds} ({item.method}), {plural(item.n, 'case')}, p {probability(item.p_adjusted)}"


def _cells(matrix: EvalMatrix, row: MatrixRow, varying: dict[str, list[str]]) -> tuple[str, ...]:
    place = matrix.rows.index(row)
    return (
        *(cells[place] for cells in varying.values()),
        *(_short_score(row.score(scorer)) for scorer in matrix.scorers),
        money(row.cost_per_case_usd),
        duration(row.latency_p50_ms),
        count(row.errors) if any(each.errors for each in matrix.rows) else "",
        row.run_id[-8:],
    )


def _short_score(found: MatrixScore | None) -> str:
    if found is None:
        return NOTHING
    return score(found.mean, is_proportion=found.is_proportion) + (" ★" if found.is_best else "")


def _difference_lines(matrix: EvalMatrix, varying: dict[str, list[str]]) -> list[str]:
    """Say each difference from the reference, those beyond noise first."""
    against = f"against {_label(matrix.reference, varying)}, paired by case:"
    found = [
        (item.verdict not in _WORDS, f"{_label(row, varying)}  {own.scorer} {_words(item, own)}")
        for row in matrix.rows
        for own in row.scores
        if (item := own.against) is not None
    ]
    lines = [f"  {words}" for _, words in sorted(found, key=lambda pair: pair[0])]
    return [against, *lines[: block.MAX_ROWS]] if lines else []


def _words(item: MatrixDifference, found: MatrixScore) -> str:
    return f"{_change(item, found)} ({_how(item, found)}): {_reading(item)}"


def _best_badge(matrix: EvalMatrix) -> list[Markup]:
    if any(own.is_best for row in matrix.rows for own in row.scores):
        return []
    return [block.badge("no run beats all others", style.GREY)] if len(matrix.rows) > 1 else []


def _notes(matrix: EvalMatrix) -> list[str]:
    if len(matrix.rows) < 2:
        return []
    notes = [_BEST]
    if not matrix.same_dataset:
        notes.append("The runs are of different dataset versions: only common cases are compared.")
    return notes
