"""The live table of an eval run: filter, sort, page, and one case in full.

Every change of a control writes new HTML, made by the same functions as the static view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from llmops_magics.views import block
from llmops_magics.views.case import case_table, sample_detail
from llmops_magics.views.evaluation import run_overview
from llmops_magics.views.format import plural
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.widgets.selection import (
    ATTENTION,
    Selection,
    page_count,
    page_of,
    sort_keys,
)

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample

ALL, FAILING = "all", "failing"
NO_CASE = "choose a case"


class CaseTable:
    """The controls and the HTML they rewrite; ``widget`` is what is shown."""

    def __init__(self, run: EvalRun) -> None:
        self._run = run
        self._page = 0
        self._shown: list[Sample] = []
        self._build_controls()
        self.table = ipywidgets.HTML()
        self.detail = ipywidgets.HTML()
        overview = ipywidgets.HTML(value=str(block.outer(*run_overview(run))))
        filters = ipywidgets.HBox([self.show, self.filter, self.order])
        pages = ipywidgets.HBox([self.previous, self.position, self.next, self.case])
        self.widget = ipywidgets.VBox([overview, filters, self.table, pages, self.detail])
        self._refresh()

    def _build_controls(self) -> None:
        self.filter = ipywidgets.Text(
            placeholder="words in input, answer or tags", description="filter"
        )
        self.show = ipywidgets.ToggleButtons(
            options=[ALL, FAILING], value=ALL, style={"button_width": "5em"}
        )
        self.order = ipywidgets.Dropdown(
            options=list(sort_keys(self._run)), value=ATTENTION, description="sort"
        )
        self.previous = ipywidgets.Button(description="previous")
        self.next = ipywidgets.Button(description="next")
        self.position = ipywidgets.HTML()
        self.case = ipywidgets.Dropdown(options=[(NO_CASE, -1)], value=-1, description="detail")
        for control in (self.filter, self.show, self.order):
            control.observe(self._restart, names="value")
        self.previous.on_click(lambda _: self._turn(-1))
        self.next.on_click(lambda _: self._turn(1))
        self.case.observe(self._show_case, names="value")

    def _restart(self, _: Any) -> None:
        self._page = 0
        self._refresh()

    def _turn(self, pages: int) -> None:
        self._page += pages
        self._refresh()

    def _refresh(self) -> None:
        """Write the page that the controls ask for."""
        samples = Selection(
            text=self.filter.value,
            failing_only=self.show.value == FAILING,
            order=self.order.value,
        ).samples(self._run)
        last = page_count(samples) - 1
        self._page = min(max(self._page, 0), last)
        self._shown = page_of(samples, self._page)
        caption = f"{plural(len(samples), 'row')} of {len(self._run.samples):,}"
        self.table.value = str(block.outer(case_table(self._run, self._shown, caption)))
        self.position.value = f"page {self._page + 1:,} of {last + 1:,}"
        self.previous.disabled = self._page == 0
        self.next.disabled = self._page == last
        self._offer_cases()

    def _offer_cases(self) -> None:
        """Offer the shown rows in the detail list; an ``HTML`` has no clicks."""
        named = [(_label(sample), index) for index, sample in enumerate(self._shown)]
        self.case.options = [(NO_CASE, -1), *named]
        self.case.value = -1

    def _show_case(self, change: Any) -> None:
        index = change["new"]
        chosen = index is not None and 0 <= index < len(self._shown)
        self.detail.value = str(sample_detail(self._run, self._shown[index])) if chosen else ""


def _label(sample: Sample) -> str:
    repeat = f" #{sample.repeat + 1}" if sample.repeat else ""
    return f"{abbreviate(visible(sample.case_id), 60)}{repeat}"
