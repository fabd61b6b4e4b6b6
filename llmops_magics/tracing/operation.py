"""Spans of the user's own: ``@trace`` around a function, ``with span(…)`` around a block.

A generator's span lasts from its first step to its end, and is the current one only while the
generator itself runs: what its consumer does between two steps is not under it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from opentelemetry import trace as otel

from llmops_magics.errors import UsageError
from llmops_magics.tracing import semconv
from llmops_magics.tracing.argument import arguments_attribute, value_attribute
from llmops_magics.tracing.pipeline import Tracing, fail
from llmops_magics.tracing.thread import carry_into_threads

F = TypeVar("F", bound=Callable[..., Any])
FUNCTION: Final = "function"
_KEPT_ITEMS = 100  # of what a generator yields
# What the conventions call a span of each kind, and the attribute that names it.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    FUNCTION: ("", ""),
    "retrieval": (semconv.RETRIEVAL, semconv.DATA_SOURCE),
    "tool": (semconv.EXECUTE_TOOL, semconv.TOOL_NAME),
    "agent": (semconv.INVOKE_AGENT, semconv.AGENT_NAME),
}
_IN = {"tool": semconv.TOOL_ARGUMENTS}
_OUT = {"tool": semconv.TOOL_RESULT}


class OpenSpan:
    """A span that is under way: what ``with span(…) as s`` gives."""

    def __init__(self, span: otel.Span, kind: str, *, capture: bool) -> None:
        self.span = span
        self._kind = kind
        self.keeps_content = capture

    @property
    def trace_id(self) -> str:
        """The id of its trace."""
        return otel.format_trace_id(self.span.get_span_context().trace_id)

    def set(self, **attributes: Any) -> None:
        """Put attributes on the span: numbers and truth values as they are, the rest as text."""
        for name, value in attributes.items():
            self.span.set_attribute(name, _attribute(value))

    def input(self, value: Any) -> None:
        """Say what goes in, if content is kept."""
        if self.keeps_content:
            name = _IN.get(self._kind, semconv.INPUT)
            self.span.set_attribute(name, value_attribute(value))

    def output(self, value: Any) -> None:
        """Say what came out, if content is kept."""
        if self.keeps_content:
            name = _OUT.get(self._kind, semconv.OUTPUT)
            self.span.set_attribute(name, value_attribute(value))
        if self._kind == "retrieval" and isinstance(value, list | tuple):
            self.span.set_attribute(semconv.RETRIEVED, len(value))


class Operations:
    """Makes spans with what ``find`` gives: the tracing of now, and whether content is kept."""

    def __init__(self, find: Callable[[], tuple[Tracing, bool]]) -> None:
        self._find = find

    @contextmanager
    def span(self, name: str, *, kind: str = FUNCTION, **attributes: Any) -> Iterator[OpenSpan]:
        """Open a span around a block; an exception marks it as failed and goes on."""
        opened = self._start(name, kind, attributes)
        with _ending(opened), _current(opened):
            yield opened

    def trace(
        self,
        function: F | None = None,
        *,
        name: str = "",
        kind: str = FUNCTION,
        capture: bool = True,
    ) -> Any:
        """Make a span of every call of a function: plain, ``async``, or a generator of either.

        ``kind`` is function, retrieval, tool or agent. Arguments and result are kept, masked and
        cut, unless ``capture`` is False or the workspace keeps no content.
        """
        _check(kind)
        if function is None:
            return functools.partial(self.trace, name=name, kind=kind, capture=capture)
        if not callable(function):
            raise UsageError(
                "@trace stands over a function.", hint="Write @trace(name=…) for a name."
            )
        return self._wrapped(function, name or function.__qualname__, kind, capture)

    def _wrapped(self, function: F, name: str, kind: str, capture: bool) -> F:
        def begin(args: Any, kwargs: Any) -> OpenSpan:
            opened = self._start(name.replace(".<locals>", ""), kind, {}, capture=capture)
            if opened.keeps_content:
                attribute = arguments_attribute(function, args, kwargs)
                opened.span.set_attribute(_IN.get(kind, semconv.INPUT), attribute)
            return opened

        for test, wrap in _WRAPS:
            if test(function):
                wrapped = functools.wraps(function)(wrap(function, begin))
                return cast("F", wrapped)
        return cast("F", functools.wraps(function)(_plain(function, begin)))

    def _start(
        self, name: str, kind: str, attributes: Mapping[str, Any], *, capture: bool = True
    ) -> OpenSpan:
        _check(kind)
        carry_into_threads()
        tracing, keeps_content = self._find()
        operation, named = KINDS[kind]
        own: dict[str, Any] = {semconv.SPAN_KIND: kind}
        if operation:
            own |= {semconv.OPERATION: operation, named: name}
        own |= {key: _attribute(value) for key, value in attributes.items()}
        span = tracing.start(name, own)
        return OpenSpan(span, kind, capture=capture and keeps_content)


Begin = Callable[[Any, Any], OpenSpan]


def _plain(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        opened = begin(args, kwargs)
        with _ending(opened), _current(opened):
            result = function(*args, **kwargs)
            opened.output(result)
            return result

    return call


def _coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        opened = begin(args, kwargs)
        with _ending(opened), _current(opened):
            result = await function(*args, **kwargs)
            opened.output(result)
            return result

    return call


def _generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        opened = begin(args, kwargs)
        yielded = _Yielded(opened)
        with _ending(opened), yielded:
            steps = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, steps)
            while True:
                try:
                    with _current(opened):
                        value = step()
                except StopIteration as end:
                    return end.value
                yielded.add(value)
                try:
                    sent = yield value
                    step = functools.partial(steps.send, sent)
                except GeneratorExit:
                    with _current(opened):
                        steps.close()
                    raise
                except BaseException as error:  # noqa: BLE001 -- it is the generator's to handle
                    step = functools.partial(steps.throw, error)

    return call


def _async_generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opened = begin(args, kwargs)
        yielded = _Yielded(opened)
        with _ending(opened), yielded:
            steps = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(anext, steps)
            while True:
                try:
                    with _current(opened):
                        value = await step()
                except StopAsyncIteration:
                    return
                yielded.add(value)
                try:
                    sent = yield value
                    step = functools.partial(steps.asend, sent)
                except GeneratorExit:
                    with _current(opened):
                        await steps.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 -- it is the generator's to handle
                    step = functools.partial(steps.athrow, error)

    return call


_WRAPS = (
    (inspect.isasyncgenfunction, _async_generator),
    (inspect.isgeneratorfunction, _generator),
    (inspect.iscoroutinefunction, _coroutine),
)


class _Yielded:
    """The first values that a generator yields, put on its span at the end."""

    def __init__(self, opened: OpenSpan) -> None:
        self._opened = opened
        self._values: list[Any] = []
        self._count = 0

    def add(self, value: Any) -> None:
        self._count += 1
        if len(self._values) < _KEPT_ITEMS:
            self._values.append(value)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        rest = self._count - len(self._values)
        is_text = bool(self._values) and all(isinstance(v, str) for v in self._values)
        more = [f"… ({rest} more)"] if rest else []
        kept = [*self._values, *more]
        self._opened.output("".join(kept) if is_text else kept)


def _current(opened: OpenSpan) -> Any:
    return otel.use_span(
        opened.span, end_on_exit=False, record_exception=False, set_status_on_exception=False
    )


@contextmanager
def _under(opened: OpenSpan) -> Iterator[None]:
    try:
        yield
    except GeneratorExit:
        raise
    except BaseException as error:
        fail(opened.span, error)
        raise


@contextmanager
def _ending(opened: OpenSpan) -> Iterator[None]:
    try:
        with _under(opened):
            yield
    finally:
        opened.span.end()


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"There is no kind {kind!r} of spans.", hint=f"Known: {', '.join(KINDS)}.")


def _attribute(value: Any) -> Any:
    if isinstance(value, bool | int | float | str):
        return value
    return value_attribute(value)
