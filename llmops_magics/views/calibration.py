"""How a calibration looks: licence first, then agreement beside what needs no judge, then bias."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import NOTHING, count, interval, moment, plural, share, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.evals.calibration.record import (
        Agreement,
        Calibration,
        Disagreement,
        Measure,
    )

GRANTED, REFUSED = "✓ licence granted", "✗ licence refused"
MEASURES = ("balanced accuracy", "95% interval", "kappa", "95% interval", "accuracy")
CHECKS = ("check", "found", "95% interval", "what it means")
DIFFERING = ("case", "people", "judge", "the judge's reason")
JUDGE = "this judge"
SHOWN_REASONS = 10


@masked
def calibration_html(report: Calibration) -> Markup:
    """Show the licence, agreement, confusion, checks and the cases in dispute."""
    granted = report.decision.granted
    badge = (GRANTED, style.GREEN) if granted else (REFUSED, style.RED)
    return block.outer(
        block.heading(element("strong", abbreviate(report.judge, 120)), block.badge(*badge)),
        block.subline(_facts(report)),
        None if granted else block.bullets(report.decision.reasons),
        _agreement_table(report),
        _confusion_table(report),
        _checks_table(report),
        _missing(report),
        _disputed(report),
        block.fold("what the licence is for", _terms(report)),
    )


@masked
def calibration_text(report: Calibration) -> str:
    """Return the licence, and the same tables as text."""
    said = GRANTED if report.decision.granted else REFUSED
    lines = [
        f"{abbreviate(report.judge, 120)}: {said}",
        f"  {block.DOT.join(filter(None, _facts(report)))}",
    ]
    for reason in report.decision.reasons:
        lines += wrapped(f"- {reason}")
    rows = [(name, *_cells(found)) for name, _, found in _sides(report)]
    lines += ["", *columns(("", *MEASURES), rows, numbers=range(1, 6), fixed=(0,))]
    lines += ["", *_confusion_text(report)]
    checks = _checks(report)
    if checks:
        lines += ["", *columns(CHECKS, checks, numbers=(1,), fixed=(0, 2))]
    lines += [""] if report.missing_reasons else []
    for reason, n in _reasons(report):
        lines += wrapped(f"not judged, {plural(n, 'case')}: {reason}")
    if report.disagreements:
        rows = [_dispute(each) for each in report.disagreements[:SHOWN_REASONS]]
        lines += ["", *columns(DIFFERING, rows, total=_disputes(report), noun="disagreement")]
    return visible("\n".join(lines))


def _facts(report: Calibration) -> list[str]:
    model = report.identity.get("model") or "no model"
    left = report.labels - report.judged
    return [
        f"licence {report.licence}" if report.licence else "",
        report.identity.get("prompt", ""),
        model,
        f"{report.dataset}, column {report.label}",
        f"{plural(report.judged, 'label')} judged" + (f", {left:,} not" if left else ""),
        f"a number means yes from {report.threshold:g} on" if report.threshold is not None else "",
        moment(report.issued_at),
    ]


def _sides(report: Calibration) -> list[tuple[str, str, Agreement]]:
    return [
        (JUDGE, "", report.agreement),
        *((p.name, p.how, p.agreement) for p in report.predictors),
    ]


def _cells(found: Agreement) -> tuple[str, ...]:
    balanced, kappa = found.balanced_accuracy, found.kappa
    return (
        share(balanced.value),
        interval(balanced.low, balanced.high, is_proportion=True),
        _kappa(kappa.value),
        NOTHING if kappa.low is None else f"{_kappa(kappa.low)} to {_kappa(kappa.high)}",
        share(found.accuracy.value),
    )


def _kappa(value: float | None) -> str:
    return NOTHING if value is None else f"{value + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _agreement_table(report: Calibration) -> Markup:
    head = [block.head(""), *map(block.number_head, MEASURES), block.head("balanced, from 0 to 1")]
    rows = [
        block.row(
            block.row_head(name) if not how else _named(name, how),
            *map(block.number_cell, _cells(found)),
            block.cell(_bar(found.balanced_accuracy, is_judge=name == JUDGE)),
        )
        for name, how, found in _sides(report)
    ]
    return block.table("Agreement with people, beside what needs no judge", head, rows)


def _named(name: str, how: str) -> Markup:
    return element(
        "th",
        name,
        element("div", abbreviate(how, 80), style=style.SMALL),
        scope="row",
        style=style.ROW_HEAD,
    )


def _bar(measure: Measure, *, is_judge: bool) -> Markup:
    if measure.value is None:
        return Markup(NOTHING)
    low = measure.value if measure.low is None else measure.low
    high = measure.value if measure.high is None else measure.high
    inner = block.bar(low, high - low, style.BLUE if is_judge else style.GREY, height=8)
    return element("div", inner, style=style.EFFECT_BAR)


def _confusion_table(report: Calibration) -> Markup:
    totals, cells = _totals(report), _counts(report)
    head = [block.head("people \\ judge"), *map(block.number_head, report.classes)]
    rows = []
    for human in report.classes:
        own = [block.row_head(abbreviate(human, 60))]
        for judged in report.classes:
            n, colour = cells[human, judged], style.GREEN if human == judged else style.RED
            depth = 0.35 * n / totals[human] if totals[human] else 0.0
            tint = style.tint(colour, round(depth, 2))
            look = f"{style.NUMBER};padding-left:12px;background-color:{tint}"
            own.append(element("td", _of(n, totals[human]), style=look))
        rows.append(block.row(*own))
    return block.table("Who said what", head, rows)


def _confusion_text(report: Calibration) -> list[str]:
    totals, cells = _totals(report), _counts(report)
    rows = [
        (human, *(_of(cells[human, judged], totals[human]) for judged in report.classes))
        for human in report.classes
    ]
    heads = ("people \\ judge", *report.classes)
    return columns(heads, rows, numbers=range(1, len(heads)))


def _counts(report: Calibration) -> dict[tuple[str, str], int]:
    return {(cell.human, cell.judged): cell.n for cell in report.confusion}


def _totals(report: Calibration) -> dict[str, int]:
    counts = _counts(report)
    return {
        human: sum(counts[human, judged] for judged in report.classes) for human in report.classes
    }


def _of(n: int, total: int) -> str:
    return f"{count(n)} ({n / total:.0%})" if total else count(n)


def _checks(report: Calibration) -> list[tuple[str, str, str, str]]:
    rows = []
    if report.consistency:
        found = report.consistency
        what = f"of {plural(found.flipped.n, 'case')}, whose {found.repeats} verdicts disagree"
        rows.append(_check("changes its mind", found.flipped, what))
    if report.position:
        position = report.position
        what = (
            f"of {plural(position.decided.n, 'case')}, where the order of the answers decides: "
            f"{position.for_first:,} for the first, {position.for_second:,} for the second"
        )
        rows.append(_check("position bias", position.decided, what))
    if report.length:
        length = report.length
        what = (
            f"chance that the longer of two answers has {length.of}, people judging them alike; "
            "50% is no bias"
        )
        rows.append(_check("length bias", length.concordance, what))
    return rows


def _check(name: str, found: Measure, what: str) -> tuple[str, str, str, str]:
    return (name, share(found.value), interval(found.low, found.high, is_proportion=True), what)


def _checks_table(report: Calibration) -> Markup:
    found = _checks(report)
    if not found:
        return Markup()
    head = [block.head(CHECKS[0]), *map(block.number_head, CHECKS[1:3]), block.head(CHECKS[3])]
    rows = [
        block.row(
            block.row_head(name),
            block.number_cell(value),
            block.number_cell(around),
            block.cell(element("div", what, style=style.EXCERPT)),
        )
        for name, value, around, what in found
    ]
    return block.table("What else moves it", head, rows)


def _reasons(report: Calibration) -> list[tuple[str, int]]:
    ranked = sorted(report.missing_reasons.items(), key=lambda pair: -pair[1])
    return ranked[:SHOWN_REASONS]


def _missing(report: Calibration) -> Markup:
    if not report.missing_reasons:
        return Markup()
    items = [f"{plural(n, 'case')}: {abbreviate(reason, 200)}" for reason, n in _reasons(report)]
    rest = len(report.missing_reasons) - len(items)
    return block.fold(
        f"{plural(report.missing, 'label')} without a verdict",
        block.bullets(items),
        block.more(rest, "reason"),
    )


def _disputes(report: Calibration) -> int:
    return sum(cell.n for cell in report.confusion if cell.human != cell.judged)


def _disputed(report: Calibration) -> Markup:
    shown = report.disagreements[: block.MAX_ROWS]
    if not shown:
        return Markup()
    rows = [
        block.row(
            block.row_head(abbreviate(each.case_id, 60)),
            block.cell(abbreviate(each.human, 60)),
            block.cell(abbreviate(each.judged, 60)),
            block.cell(block.folded(each.reason)),
        )
        for each in shown
    ]
    return block.fold(
        f"{plural(_disputes(report), 'case')} in dispute",
        block.table("Judge and people differ", [block.head(t) for t in DIFFERING], rows),
        block.more(_disputes(report) - len(shown), "case"),
    )


def _dispute(each: Disagreement) -> tuple[str, str, str, str]:
    return (each.case_id, each.human, each.judged, each.reason)


def _terms(report: Calibration) -> Markup:
    wanted = report.decision.requirements
    return block.facts(
        "Any change of these, and the licence lapses",
        {
            "judge": short_digest(report.identity.get("digest", "")),
            "scorer": short_digest(report.identity.get("scorer", "")),
            "prompt": short_digest(report.identity.get("prompt_digest", "")),
            "model": report.identity.get("model", ""),
            "model answered as": ", ".join(report.resolved_models),
            "labels": short_digest(report.dataset_digest),
            "required": (
                f"{wanted.min_labels} labels, {wanted.min_per_class} of each class; kappa's "
                f"interval from {wanted.min_kappa:g}; balanced accuracy above every predictor; at "
                f"most {wanted.max_missing:.0%} not judged"
            ),
            "issued by": report.actor,
        },
    )
