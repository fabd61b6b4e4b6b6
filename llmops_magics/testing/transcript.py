"""What a server has seen: the requests, and the errors of its script."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Transcript:
    """Written by the server's thread alone; appending and reading lists needs no lock."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    open_calls: int = 0
    peak_concurrency: int = 0

    @contextmanager
    def count_open_call(self) -> Iterator[None]:
        """Count a call as open for the duration of the block."""
        self.open_calls += 1
        self.peak_concurrency = max(self.peak_concurrency, self.open_calls)
        try:
            yield
        finally:
            self.open_calls -= 1
