"""How trained weights look: where they are, what they are of, and how they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block
from llmops_magics.views.column import wrapped
from llmops_magics.views.format import count, number, plural, share, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.guard.training.trained import TrainedWeights

_NAME = 120


@masked
def guard_training_html(trained: TrainedWeights) -> Markup:
    """Show a line, and the spec that uses the weights."""
    return block.outer(
        block.heading(element("strong", f"Weights in {abbreviate(trained.path, _NAME)}")),
        block.subline(_facts(trained)),
        element("div", "use them as ", element("code", _spec(trained))),
    )


@masked
def guard_training_text(trained: TrainedWeights) -> str:
    """Return two lines."""
    lines = [
        f"Weights in {abbreviate(trained.path, _NAME)}",
        *wrapped(block.DOT.join(_facts(trained))),
    ]
    return visible("\n".join([*lines, f"  use them as {_spec(trained)}"]))


def _facts(trained: TrainedWeights) -> list[str]:
    return [
        f"{plural(trained.texts, 'text')} of {abbreviate(trained.data, _NAME)}",
        f"{count(trained.attacks)} attacks",
        f"seed {trained.seed}",
        f"reports from {number(trained.threshold)} on",
        f"at most {share(trained.target_fpr)} false alarms on sources held out",
        short_digest(trained.digest),
    ]


def _spec(trained: TrainedWeights) -> str:
    return f"injection:{abbreviate(trained.path, _NAME)}"
