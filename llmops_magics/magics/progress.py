"""A progress bar for what takes over a second: tqdm's text, which is as good in a gate's log."""

from __future__ import annotations

import sys
from typing import Any


class EvalProgress:
    """Follows one or two evals; gone from the output once they are done."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._prompt = ""

    def __call__(self, prompt: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` samples of a prompt are finished."""
        from tqdm import tqdm

        if self._bar is None or self._prompt != prompt:
            self.close()
            self._prompt = prompt
            self._bar = tqdm(
                total=total, desc=prompt, unit="case", leave=False, delay=1, file=sys.stdout
            )
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
