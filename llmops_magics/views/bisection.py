"""How a bisection looks: the conclusion first, then each version it measured on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, effect, style
from llmops_magics.views.blame import numbers
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import plural, score
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.attribution.record import BisectProbe, PromptBisect

_TAKEN = {"good": "✓ good", "bad": "✗ bad"}
_COLOURS = {"good": style.GREEN, "bad": style.RED}
_SHORT_CHARACTERS = 60


def prompt_bisect_html(bisect: PromptBisect) -> Markup:
    """Show which version broke the metric, and how that was found."""
    probes = bisect.probes
    largest = effect.scale(probe.against_good for probe in probes)
    heads = [
        block.marked_head("version"),
        block.number_head("mean"),
        *effect.effect_heads(),
        block.head("taken as"),
        block.head("eval"),
    ]
    rows = [_row(bisect, probe, largest) for probe in probes[: block.MAX_ROWS]]
    caption = f"Measured versions in the order they were taken, against @{bisect.good}"
    return block.outer(
        _banner(bisect),
        block.table(caption, heads, rows) if rows else Markup(),
        block.more(len(probes) - block.MAX_ROWS, "version"),
    )


def prompt_bisect_text(bisect: PromptBisect) -> str:
    """Return the conclusion, and one line a measured version."""
    largest = effect.scale(probe.against_good for probe in bisect.probes)
    rows = [
        (
            f"@{probe.number}",
            score(probe.mean, is_proportion=probe.against_good.is_proportion),
            *effect.effect_text(probe.against_good, largest),
            _taken(probe),
            eval_words(reused=probe.reused),
        )
        for probe in bisect.probes[: block.MAX_ROWS]
    ]
    head = ("version", "mean", *effect.TEXT_HEADS, "taken as", "eval")
    lines = [_verdict(bisect), *wrapped(bisect.conclusion), f"  {block.DOT.join(_subject(bisect))}"]
    lines += (
        columns(
            head, rows, numbers=(1, 2, 3), fixed=(4, 5), noun="version", total=len(bisect.probes)
        )
        if rows
        else []
    )
    return visible("\n".join(lines))


def eval_words(*, reused: bool) -> str:
    """Say whether a measurement made calls."""
    return "stored run" if reused else "new run"


def _banner(bisect: PromptBisect) -> Markup:
    return element(
        "div",
        element("div", _verdict(bisect), style=style.BANNER_TITLE),
        element("div", bisect.conclusion, dir="auto"),
        element("div", block.DOT.join(_subject(bisect)), style=style.SMALL),
        style=style.banner(_colour(bisect)),
    )


def _verdict(bisect: PromptBisect) -> str:
    name = abbreviate(bisect.name, _SHORT_CHARACTERS)
    if len(bisect.culprits) == 1:
        return f"✗ {name}@{bisect.culprits[0]}"
    if bisect.culprits:
        return f"? one of {name} {numbers(bisect.culprits)}"
    return "✓ no difference beyond noise"


def _colour(bisect: PromptBisect) -> str:
    if len(bisect.culprits) == 1:
        return style.RED
    return style.AMBER if bisect.culprits else style.GREEN


def _subject(bisect: PromptBisect) -> list[str]:
    return [
        f"{abbreviate(bisect.metric, _SHORT_CHARACTERS)} from @{bisect.good} to @{bisect.bad}",
        abbreviate(bisect.dataset, _SHORT_CHARACTERS),
        abbreviate(bisect.model, _SHORT_CHARACTERS),
        f"{plural(bisect.evals_run, 'eval')} run, {bisect.evals_reused:,} stored",
    ]


def _row(bisect: PromptBisect, probe: BisectProbe, largest: float) -> Markup:
    culprit = [" ", block.badge("culprit", style.RED)] if bisect.culprits == (probe.number,) else []
    colour = _COLOURS.get(probe.taken_as, style.AMBER)
    return block.row(
        element("th", f"@{probe.number}", *culprit, scope="row", style=style.first_cell(colour)),
        block.number_cell(score(probe.mean, is_proportion=probe.against_good.is_proportion)),
        *effect.effect_cells(probe.against_good, largest),
        block.cell(block.badge(_taken(probe), colour)),
        block.cell(
            element("span", eval_words(reused=probe.reused), style=f"{style.SMALL};{style.NOWRAP}")
        ),
    )


def _taken(probe: BisectProbe) -> str:
    return _TAKEN.get(probe.taken_as, f"? {probe.taken_as}")
