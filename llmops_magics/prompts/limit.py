"""What one rendering may use: time, text, depth, and the size of every value it builds.

Python cannot interrupt ``"a" * 10**9`` or the ``str()`` of a nested list once it runs, so nothing
may grow that far: every value a template builds is weighed (shared parts as often as they are
reached) before the next operation may take it, and the clock is read. That bounds an operation
whose time is about the size of its operands. Those whose time or result can be a product of
sizes, or exponential, are refused by ``growth`` before they run; an operation that is new in
Python or Jinja and of that kind must be added there. The methods of an object that the caller
passes (its ``__str__``) are code of the caller's, and nothing limits them. This works in any
thread and needs no signal and no trace function.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from datetime import time as clock_time
from numbers import Number
from typing import Any

from jinja2 import Undefined
from jinja2.utils import Namespace

from llmops_magics.errors import RenderError

MAX_SECONDS = 2.0
MAX_OUTPUT_CHARS = 1_000_000  # all messages together
MAX_VALUE_WEIGHT = 2_000_000
MAX_WORK = 100_000_000  # the weight of everything handled, summed up
MAX_GROWTH = 50_000_000  # what one operation could make of its operands
MAX_RANGE = 100_000
MAX_INTEGER_BITS = 4_096
MAX_DEPTH = 50  # calls within calls

LEAF_WEIGHT = 8
OBJECT_WEIGHT = 256  # its text is unknown until it is asked for
_CONTAINERS = (
    *(list, tuple, set, frozenset, deque, range),
    *(Mapping, KeysView, ValuesView, ItemsView),
)
_SMALL = (Number, date, clock_time, timedelta, type(None), Undefined)


def weigh(value: Any) -> int:
    """Return how large a value is: one per character, ``LEAF_WEIGHT`` per item.

    A part that is reached by two ways counts twice, as it does when printed or compared. Stops
    soon after ``MAX_VALUE_WEIGHT``, so that a cycle ends too.
    """
    total, pending = 0, [value]
    while pending and total <= MAX_VALUE_WEIGHT:
        item = pending.pop()
        if isinstance(item, str | bytes | bytearray):
            total += len(item) + 1
        elif isinstance(item, int):
            total += LEAF_WEIGHT + item.bit_length() // 8
        elif isinstance(item, _SMALL):
            total += LEAF_WEIGHT
        else:
            total += _open(item, pending)
    return total


def _open(item: Any, pending: list[Any]) -> int:
    """Queue what a container holds and return its own weight."""
    if isinstance(item, Namespace):
        item = item._Namespace__attrs  # noqa: SLF001
    if isinstance(item, _CONTAINERS):
        own = LEAF_WEIGHT * (1 + len(item))
        if isinstance(item, range) or own > MAX_VALUE_WEIGHT:
            return own
        pending.extend(item)
        if isinstance(item, Mapping):
            pending.extend(item.values())
        return own
    return OBJECT_WEIGHT


class Budget:
    """What is left to one rendering. Every method raises ``RenderError`` when it is used up."""

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._work = 0
        self._emitted = 0
        self._depth = 0

    def spend(self, weight: int = 1) -> None:
        """Note some work and look at the clock; nothing gives work back."""
        if not weight >= 0:  # NaN, too
            raise RenderError("The template was stopped: it does a negative amount of work.")
        self._work += weight
        if self._work > MAX_WORK:
            raise RenderError(
                "The template was stopped: it does too much work.",
                hint="Prepare large data in the notebook and pass the result as a variable.",
            )
        if time.monotonic() > self._deadline:
            raise RenderError(
                f"The template was stopped after {self._seconds:g} s.",
                hint="Look for a loop that runs too often, or prepare the data in the notebook.",
            )

    def emit(self, characters: int) -> None:
        """Note text that was written, to the message or to a block."""
        self.spend(characters)
        self._emitted += characters
        if self._emitted > MAX_OUTPUT_CHARS:
            raise RenderError(
                f"The rendered prompt is longer than {MAX_OUTPUT_CHARS:,} characters.",
                hint="Shorten what the variables hold, or look for a loop that runs too often.",
            )

    def admit(self, value: Any) -> Any:
        """Return the value, an iterator as a list, once it is known to be small enough."""
        if isinstance(value, Iterator):
            return self._collect(value)
        weight = weigh(value)
        if weight > MAX_VALUE_WEIGHT:
            raise too_large(value)
        self.spend(weight)
        return value

    def _collect(self, iterator: Iterator[Any]) -> list[Any]:
        items: list[Any] = []
        total = 0
        for item in iterator:
            weight = weigh(item) + LEAF_WEIGHT
            total += weight
            if total > MAX_VALUE_WEIGHT:
                raise too_large(items)
            self.spend(weight)
            items.append(item)
        return items

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Enter a call of a macro, a recursive loop or a method."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RenderError(
                f"The template calls itself more than {MAX_DEPTH} levels deep.",
                hint="Give the macro or the recursive loop an end.",
            )
        try:
            yield
        finally:
            self._depth -= 1


def too_large(value: Any) -> RenderError:
    """Return the error for a value, or what would be made of it, that no prompt can need."""
    return RenderError(
        f"The template was stopped: it builds or handles a {type(value).__name__} "
        "over the size limit.",
        hint=f"A rendered prompt has at most {MAX_OUTPUT_CHARS:,} characters.",
    )


_current: ContextVar[Budget] = ContextVar("llmops_render_budget")


@contextmanager
def metered(budget: Budget) -> Iterator[Budget]:
    """Make a budget the one that everything rendered in this context draws on."""
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)


def current_budget() -> Budget:
    """Return the budget of the rendering under way."""
    return _current.get()
