"""Open a trace when a cell begins, and show its line when the cell called a model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from IPython.display import display

from llmops_magics.cost.scope import CurrentNotebook
from llmops_magics.record import digest_bytes
from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import Trace
from llmops_magics.workspace import Workspace


class CellTracer:
    """Callbacks of IPython's events; ``start`` and ``stop`` (un)register them.

    ``find`` gives the current workspace, which ``%cd`` may change: a cell is traced in the one that
    was current when it began. ``annotate`` says what else is to stand in the line of a trace of a
    notebook.
    """

    def __init__(
        self,
        shell: Any,
        find: Callable[[], Workspace],
        annotate: Callable[[str, Trace], tuple[str, ...]] = lambda _notebook, _trace: (),
    ) -> None:
        self._shell = shell
        self._find = find
        self._annotate = annotate
        self._last = find()
        self._running: list[Workspace] = []  # of the cells that run: one may run another

    @property
    def workspace(self) -> Workspace:
        """The workspace of the cell that runs, else of the last one."""
        running = self._running[-1:]  # at once: a thread may ask while a cell ends
        return running[0] if running else self._last

    def start(self) -> None:
        """Follow cells from now on."""
        self._shell.events.register("pre_run_cell", self.open)
        self._shell.events.register("post_run_cell", self.close)

    def stop(self) -> None:
        """Follow no more cells; the one that is running is given up."""
        self._shell.events.unregister("pre_run_cell", self.open)
        self._shell.events.unregister("post_run_cell", self.close)
        while self._running:
            self._running.pop().tracing.close_scope()

    def open(self, info: Any) -> None:
        """Begin a cell."""
        CurrentNotebook.name = self._notebook()
        attributes = {
            semconv.CELL_DIGEST: digest_bytes((info.raw_cell or "").encode("utf-8", "replace")),
            semconv.NOTEBOOK: CurrentNotebook.name,
        }
        with contextlib.suppress(OSError):  # the current folder is gone: stay where we were
            self._last = self._find()
        self._running.append(self._last)
        self._last.tracing.open_scope("cell", attributes)

    def close(self, result: Any) -> None:
        """End a cell; show what it called, if it called anything.

        The cell's number is known only now: IPython 8 and 9 count it up at different moments.
        """
        if not self._running:  # the cell that loaded us was not seen to begin
            return
        number = result.execution_count or 0
        tracing = self._running.pop().tracing
        trace = tracing.close_scope(f"cell {number}", {semconv.CELL_NUMBER: number})
        if trace is not None:
            display(replace(trace, notes=self._annotate(CurrentNotebook.name, trace)))

    def _notebook(self) -> str:
        """Return the notebook's file name where the front end tells it, else ""."""
        names = self._shell.user_ns
        path = names.get("__session__") or names.get("__vsc_ipynb_file__") or ""
        return Path(str(path)).name
