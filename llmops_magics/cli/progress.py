"""A progress bar over a notebook's cells, on stderr and only where a person looks."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self


class CellProgress:
    """Called with a cell's index, the number of cells and the cell's first line."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def say(self, line: str) -> None:
        """Print a line above the bar, which the next notebook begins anew."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        print(line, flush=True)

    def __call__(self, index: int, count: int, first_line: str) -> None:
        """Note that a cell begins."""
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                total=count,
                desc=self._title,
                unit="cell",
                leave=False,
                file=sys.stderr,
                disable=not sys.stderr.isatty(),
            )
        self._bar.set_postfix_str(first_line[:40])
        self._bar.update(index - self._bar.n)
