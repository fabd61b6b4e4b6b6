"""The live table of an eval run: sort, filter, columns on and off, one row in full.

Rows come to the browser in windows; every text in them is put there as text, and the detail is
HTML made by the same functions as the static view.
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from llmops_magics.errors import UsageError
from llmops_magics.views import block
from llmops_magics.views.case import sample_detail, score_words
from llmops_magics.views.clip import plain_clipped
from llmops_magics.views.evaluation import run_overview
from llmops_magics.views.format import count, duration, money, plural
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.widgets import front
from llmops_magics.widgets.index import BETTER, WORSE, Query, RowIndex
from llmops_magics.widgets.link import LinkedWidget, Reply, whole
from llmops_magics.widgets.sheet import to_csv

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.evals.run import EvalRun, Sample

CELL_CHARACTERS = 240
MOST_ROWS = 200  # in one window
CHUNK_BYTES = 400_000  # Jupyter Server drops messages beyond a megabyte a second
_MOVED = {WORSE: "▼ worse", BETTER: "▲ better"}


class ResultTable(LinkedWidget):
    """A run's rows; ``selected`` is what the reader's filter shows, as a DataFrame."""

    _esm = traitlets.Unicode(front.script("table")).tag(sync=True)

    def __init__(self, run: EvalRun, namespace: MutableMapping[str, Any] | None = None) -> None:
        self._run = run
        self._index = RowIndex(run)
        self._namespace = namespace
        self._query = Query()
        self._file = b""
        self._ours: dict[str, Any] = {}  # variables that the button made
        super().__init__(
            {
                "open": self._open,
                "rows": self._rows,
                "detail": self._detail,
                "csv": self._csv,
                "frame": self._frame,
            }
        )

    @property
    def selected(self) -> pd.DataFrame:
        """The rows that the filter shows, in its order: one row a sample, as ``to_pandas``."""
        return replace(self._run, samples=tuple(self._chosen()), comparison=None).to_pandas()

    def csv(self) -> bytes:
        """Return the same rows as CSV, in gzip, safe to open in a spreadsheet."""
        inputs = dict.fromkeys(name for sample in self._chosen() for name in sample.inputs)
        outputs = self._run.comparison.baseline_outputs if self._run.comparison else {}
        return to_csv(self._chosen(), inputs, self._index.scorers, outputs)

    def _chosen(self) -> Any:
        return (self._run.samples[place] for place in self._index.find(self._query))

    def _open(self, _: Mapping[str, Any]) -> dict[str, Any]:
        run = self._run
        return {
            "overview": str(block.outer(*run_overview(run))),
            "total": len(self._index),
            "scorers": list(self._index.scorers),
            "tags": list(self._index.tags),
            "has_baseline": run.comparison is not None,
            "frame": "selected",
        }

    def _rows(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self._query = Query.read(content)
        found = self._index.find(self._query)
        start = whole(content, "start", len(found))
        end = start + whole(content, "count", MOST_ROWS)
        rows = [self._row(place) for place in found[start:end]]
        return {"total": len(found), "start": start, "rows": rows}

    def _row(self, place: int) -> dict[str, Any]:
        sample = self._run.samples[place]
        by_name = {score.scorer: score for score in sample.scores}
        repeat = f" #{sample.repeat + 1}" if self._run.repeats > 1 else ""
        outputs = self._run.comparison.baseline_outputs if self._run.comparison else {}
        return {
            "place": place,
            "case": _cell(sample.case_id) + repeat,
            "verdict": verdict_word(sample),
            "failed": sample.failed,
            "moved": _MOVED.get(self._index.moved(sample.case_id), ""),
            "tags": _cell(", ".join(sample.tags)),
            "input": _cell(" · ".join(shortest_first(sample.inputs))),
            "expected": _cell(_plain(sample.expected)),
            "answer": _cell(sample.error or sample.output),
            "baseline": _cell(outputs.get(sample.case_id, "")),
            "scores": [score_words(by_name.get(name)) for name in self._index.scorers],
            "latency": duration(sample.latency_ms),
            "tokens": f"{count(sample.input_tokens)} → {count(sample.output_tokens)}",
            "cost": money(sample.cost_usd),
        }

    def _detail(self, content: Mapping[str, Any]) -> dict[str, Any]:
        place = whole(content, "place", max(len(self._index) - 1, 0))
        if not len(self._index):
            return {"html": ""}
        return {"html": str(sample_detail(self._run, self._run.samples[place]))}

    def _csv(self, content: Mapping[str, Any]) -> Reply:
        """Hand over one chunk of the file, which is made when the first is asked for."""
        start = whole(content, "start", len(self._file))
        if start == 0:
            self._file = self.csv()
        chunk = self._file[start : start + CHUNK_BYTES]
        name = f"{self._run.run_id}.csv"
        size = len(self._file)
        if start + len(chunk) >= size:
            self._file = b""
        return {"start": start, "size": size, "name": name}, [chunk]

    def _frame(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Put the rows into a variable of the notebook; another's variable is not replaced."""
        name = str(content.get("name", "")).strip()
        namespace = self._namespace if self._namespace is not None else _notebook()
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise UsageError(f"{name[:40]!r} cannot be a variable's name.")
        if name in namespace and namespace[name] is not self._ours.get(name):
            raise UsageError(f"There is a variable {name} already.", hint="Choose another name.")
        frame = self.selected
        namespace[name] = self._ours[name] = frame
        return {"text": f"{name} is a DataFrame of {plural(len(frame), 'row')}"}


def verdict_word(sample: Sample) -> str:
    """Return a row's verdict as a word with its mark."""
    if sample.error:
        return "! error"
    if not sample.failed:
        return "✓ pass"
    return "✗ fail" if any(s.value is False for s in sample.scores) else "? missing"


def shortest_first(inputs: Mapping[str, Any]) -> list[str]:
    """Return the inputs as texts, a question before its context."""
    return sorted((_plain(value) for value in inputs.values()), key=len)


def _cell(text: str) -> str:
    return visible(abbreviate(text, CELL_CHARACTERS))


def _plain(value: Any) -> str:
    return plain_clipped(value)[: CELL_CHARACTERS * 5]


def _notebook() -> MutableMapping[str, Any]:
    """Return the variables of the shell that runs this code."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        raise UsageError("There is no notebook here to put a variable into.")
    variables: MutableMapping[str, Any] = shell.user_ns
    return variables
