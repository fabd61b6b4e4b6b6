"""How a dossier looks, what checking one found, and a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, moment, plural, short_digest
from llmops_magics.views.gate import COULD_NOT_RUN, decision_reason, result_reason
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.rule import rule_line, rule_table

if TYPE_CHECKING:
    from llmops_magics.release.dossier.record import (
        Dossier,
        DossierList,
        DossierReport,
        ListedDossier,
    )

_NAME_CHARACTERS = 60
_TABLES = ("judges", "scorers", "licences", "models", "system_fingerprints", "settings")
MOST_PROBLEMS = 200


def dossier_html(dossier: Dossier) -> Markup:
    """Show the verdict, whose key signed, the rules, and everything that decided."""
    decision, result = dossier.result.decision, dossier.result
    reason = decision_reason(decision) if decision and dossier.verdict else result_reason(result)
    title = f"{_words(dossier.verdict)}: {dossier.gate}"
    banner = element(
        "div",
        element("div", title, style=style.BANNER_TITLE),
        element("div", reason, dir="auto"),
        element("div", block.DOT.join(_subject(dossier)), style=style.SMALL),
        style=style.banner(_colour(dossier.verdict)),
    )
    return block.outer(
        banner,
        block.facts("Sealed", _sealing(dossier)),
        rule_table("Rules of this gate", decision.rules) if decision else None,
        block.facts("What decided", _decided(dossier)),
        *(block.fold(title, part) for title, part in _folds(dossier) if part),
    )


def dossier_text(dossier: Dossier) -> str:
    """Return the verdict, who sealed it, and one line a rule."""
    lines = [f"{_words(dossier.verdict)}: {dossier.gate}", block.DOT.join(_subject(dossier))]
    lines += [f"  {name}: {value}" for name, value in _sealing(dossier).items() if value]
    lines += [f"  problem: {problem}" for problem in dossier.result.problems]
    decision = dossier.result.decision
    lines += [f"  {rule_line(rule)}" for rule in decision.rules] if decision else []
    lines += [f"  {name}: {value}" for name, value in _decided(dossier).items() if value]
    return visible("\n".join([*lines, f"  folder: {dossier.folder}"]))


def dossier_report_html(report: DossierReport) -> Markup:
    """Say whether every byte is as it was sealed, and name each first wrong byte."""
    rows = [
        block.row(block.row_head(each.file), block.number_cell(_place(each)), block.cell(each.what))
        for each in report.problems[:MOST_PROBLEMS]
    ]
    heads = (block.head("file"), block.number_head("first wrong byte"), block.head("what"))
    colour = style.GREEN if report.ok else style.RED
    banner = element(
        "div",
        element("div", _found(report), style=style.BANNER_TITLE),
        element("div", block.DOT.join(_checked(report)), style=style.SMALL),
        style=style.banner(colour),
    )
    return block.outer(
        banner,
        block.table("What is not as it was sealed", heads, rows) if rows else None,
        block.more(len(report.problems) - len(rows), "problem"),
        block.facts("Sealed", _report_facts(report)),
        block.bullets(report.notes) if report.notes else None,
    )


def dossier_report_text(report: DossierReport) -> str:
    """Return what was found, one line a problem."""
    lines = [f"{_found(report)}: {report.name}", block.DOT.join(_checked(report))]
    lines += [f"  {problem}" for problem in report.problems[:MOST_PROBLEMS]]
    lines += [f"  {name}: {value}" for name, value in _report_facts(report).items() if value]
    return visible("\n".join([*lines, *(f"  note: {note}" for note in report.notes)]))


def dossier_list_html(listed: DossierList) -> Markup:
    """Show one row a dossier, the newest first."""
    shown = listed.dossiers[: block.MAX_ROWS]
    names = ("dossier", "verdict", "prompt", "for", "mode", "signed by", "sealed")
    heads = [block.head(name) for name in names]
    return block.outer(
        block.heading(element("strong", _amount(listed))),
        block.table("The newest first", heads, map(_row, shown)) if shown else Markup(),
        block.more(len(listed.dossiers) - len(shown), "dossier"),
    )


def dossier_list_text(listed: DossierList) -> str:
    """Return one line a dossier."""
    heads = ("dossier", "verdict", "prompt", "for", "mode", "signed by", "sealed")
    rows = [
        (
            each.gate_id,
            each.verdict or COULD_NOT_RUN,
            each.prompt or NOTHING,
            each.environment or NOTHING,
            each.mode,
            _signer(each),
            moment(each.finished_at)[:10],  # the gate's id has the time
        )
        for each in listed.dossiers[: block.MAX_ROWS]
    ]
    table = columns(heads, rows, fixed=(0, 1, 2, 6)) if rows else []
    return visible("\n".join([_amount(listed), *table]))


def signed_words(sealed: Dossier | DossierReport) -> str:
    """Say whose key signed, and what that is worth."""
    if not sealed.key_id:
        return "by nobody"
    if sealed.is_known:
        return f"by {sealed.signed_by} with {sealed.key_id}"
    if sealed.signed_by:
        return f"with {sealed.key_id} of {sealed.signed_by}, which was revoked before"
    return f"with {sealed.key_id}, which the register of keys does not know"


def _subject(dossier: Dossier) -> list[str]:
    parts = (
        dossier.prompt,
        f"for {dossier.environment}" if dossier.environment else "",
        dossier.mode,
        dossier.model,
        moment(dossier.finished_at),
    )
    return [part for part in parts if part]


def _sealing(dossier: Dossier) -> dict[str, str]:
    return {
        "signed": signed_words(dossier),
        "signed at": moment(dossier.signed_at) if dossier.signed_at else "",
        "run by": f"{dossier.actor} (by their own word)" if dossier.actor else "",
        "gate": dossier.gate_id,
        "digest": dossier.digest,
    }


def _decided(dossier: Dossier) -> dict[str, str]:
    resources = dossier.resources
    data = resources.get("dataset", {}).get("name", "")
    image = resources.get("container", {})
    return {
        "prompt": f"{dossier.prompt} {dossier.prompt_digest}".strip(),
        "dataset": f"{data} {dossier.dataset_digest}".strip(),
        "index": dossier.index_fingerprint,
        "model": dossier.model,
        "answered by": ", ".join(dossier.resolved_models),
        "git commit": dossier.result.git_commit,
        "container": image.get("image") or image.get("id") or image.get("engine", ""),
    }


def _folds(dossier: Dossier) -> list[tuple[str, Markup]]:
    result = dossier.result
    parts: list[tuple[str, Mapping[str, Any]]] = [
        (name.replace("_", " "), dossier.resources.get(name, {})) for name in _TABLES
    ]
    parts += [("parameters", result.parameters), ("digests", result.digests)]
    parts += [(plural(len(result.packages), "package"), result.packages)]
    files = {name: short_digest(digest) for name, digest in result.files.items()}
    parts += [(plural(len(files), "file"), files)]
    return [(name, block.facts(name, items)) for name, items in parts if items]


def _found(report: DossierReport) -> str:
    if report.ok:
        return "✓ Every byte is as it was sealed"
    return f"✗ {plural(len(report.problems), 'problem')}"


def _place(problem: Any) -> str:
    if problem.offset is None:
        return NOTHING
    if problem.until is None:
        return f"{problem.offset:,}"
    return f"{problem.offset:,} to {problem.until - 1:,}"


def _checked(report: DossierReport) -> list[str]:
    size = f"{report.size_bytes / 1e3:,.0f} kB"
    return [plural(report.files, "file"), size, report.gate_id, report.verdict or COULD_NOT_RUN]


def _report_facts(report: DossierReport) -> dict[str, str]:
    return {
        "signed": signed_words(report),
        "signed at": moment(report.signed_at) if report.signed_at else "",
        "digest": report.digest,
    }


def _amount(listed: DossierList) -> str:
    shown = len(listed.dossiers)
    if shown == listed.total:
        return plural(shown, "dossier")
    return f"{shown:,} of {plural(listed.total, 'dossier')}"


def _row(each: ListedDossier) -> Markup:
    colour = _colour(each.verdict)
    return block.row(
        element(
            "th", abbreviate(each.gate_id, _NAME_CHARACTERS),
            scope="row", title=each.digest, style=style.first_cell(colour),
        ),
        block.cell(block.badge(_words(each.verdict), colour)),
        block.cell(abbreviate(each.prompt, _NAME_CHARACTERS) or NOTHING),
        block.cell(each.environment or NOTHING),
        block.cell(each.mode),
        element("td", _signer(each), style=style.CELL, title=each.key_id),
        element("td", moment(each.finished_at)[:16], style=style.TIME, title=each.finished_at),
    )  # fmt: skip


def _signer(each: ListedDossier) -> str:
    return each.signed_by or ("unknown key" if each.key_id else "nobody")


def _words(verdict: str) -> str:
    return block.verdict_words(verdict) if verdict else f"! {COULD_NOT_RUN}"


def _colour(verdict: str) -> str:
    return block.verdict_colour(verdict) if verdict else style.RED
