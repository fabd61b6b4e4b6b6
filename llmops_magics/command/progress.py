"""A progress bar over cases for what takes over a second; gone from the output once it is done."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, TextIO


class CaseProgress:
    """Called with what is evaluated, the cases done, and all of them.

    The bar is text, which is as good in a gate's log. ``is_shown`` False counts silently: nobody
    looks at a pipe. ``unit`` is what is counted.
    """

    unit = "case"

    def __init__(self, stream: TextIO, *, is_shown: bool = True) -> None:
        self._stream = stream
        self._is_shown = is_shown
        self._bar: Any = None
        self._title = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, title: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` cases are finished; another title is another bar."""
        from tqdm import tqdm

        if self._bar is None or self._title != title:
            self._close()
            self._title = title
            self._bar = tqdm(
                total=total,
                desc=title,
                unit=self.unit,
                leave=False,
                delay=1,
                file=self._stream,
                disable=not self._is_shown,
            )
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
