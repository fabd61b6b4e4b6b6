"""``%llm_metrics``: what the stored calls add up to."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.metrics import ARGUMENTS, EXAMPLE, PLOT, SUMMARY, call
from llmops_magics.magics.single import SingleMagic


@magics_class
class MetricsMagics(Magics):
    """The magic of metrics."""

    llm_metrics = SingleMagic(
        "llm_metrics",
        summary=SUMMARY,
        arguments=(*ARGUMENTS, PLOT),
        examples=(EXAMPLE, "--plot --where prompt=support/answer"),
        call=call,
    ).method()
