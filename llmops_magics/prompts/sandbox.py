"""The Jinja2 environment that prompts run in: no way out, and no way to run on for ever.

On top of Jinja's ``ImmutableSandboxedEnvironment``:

- only plain methods of plain values can be called, so a notebook's objects cannot be made to
  write files or to call out;
- every operation that can build something is metered by ``limit.Budget``: the parse tree is
  rewritten (``meter``) so that loops, literals and ``~`` report, and nothing is computed at
  compile time;
- there is no loader (an include is text that was looked up before), and nothing random, so the
  same variables give the same text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
from jinja2.utils import Cycler, Joiner, Namespace

from llmops_magics.errors import RenderError
from llmops_magics.prompts.album import Picture, marker, place
from llmops_magics.prompts.growth import check_growth, check_number, check_operator, check_width
from llmops_magics.prompts.inclusion import Expansion
from llmops_magics.prompts.limit import MAX_RANGE, MAX_VALUE_WEIGHT, current_budget, too_large
from llmops_magics.prompts.meter import (
    ADMIT,
    EMIT,
    IMAGE,
    INTERNAL,
    PASS,
    SPEND,
    Meter,
    PromptParser,
)
from llmops_magics.prompts.version import Inclusion

MAX_TOKENS = 10_000
_TEXT_METHODS = """
    capitalize casefold center count endswith find index isalnum isalpha isascii isdecimal isdigit
    isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split
    splitlines startswith strip swapcase title upper zfill
"""
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(_TEXT_METHODS.split()),
    Mapping: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index", "copy"}),
    tuple: frozenset({"count", "index"}),
    date: frozenset({"isoformat", "strftime", "date", "time", "weekday", "isoweekday"}),
    time: frozenset({"isoformat", "strftime"}),
    LoopContext: frozenset({"cycle", "changed"}),
    Cycler: frozenset({"next", "reset"}),
}
# Random, slow on long text, or made for HTML pages.
_REFUSED_FILTERS = frozenset({"random", "pprint", "urlize", "xmlattr", "striptags"})


def bounded_range(*arguments: int) -> range:
    """Return a range of at most ``MAX_RANGE`` items."""
    numbers = range(*arguments)
    if numbers and (numbers[-1] - numbers[0]) // numbers.step >= MAX_RANGE:
        raise RenderError(f"A range in a template has at most {MAX_RANGE:,} items.")
    return numbers


class _FormatMethod:
    """``str.format`` of a template: sandboxed lookups, bounded widths, bounded result."""

    def __init__(self, environment: PromptEnvironment, text: str) -> None:
        self._environment = environment
        self._text = text

    def __call__(self, *arguments: Any, **options: Any) -> str:
        return _Formatter(self._environment).vformat(self._text, arguments, options)


class _Formatter(SandboxedFormatter):
    _length = 0

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        value, first = super().get_field(field_name, args, kwargs)
        return current_budget().admit(value), first

    def format_field(self, value: Any, format_spec: str) -> str:
        check_width(format_spec)
        text = str(super().format_field(value, format_spec))
        self._length += len(text)
        if self._length > MAX_VALUE_WEIGHT:
            raise too_large(text)
        return text


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Compiles and runs prompt templates; ``limit.metered`` must surround a rendering."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            optimized=False,  # folding constants would compute them outside any budget
            finalize=_write,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.filters = {
            name: _bounded(name, function)
            for name, function in self.filters.items()
            if name not in _REFUSED_FILTERS
        }
        self.filters |= {ADMIT: _admit, SPEND: _spend, EMIT: _emit, PASS: _pass, IMAGE: place}
        self.globals = {
            "range": bounded_range,
            "dict": dict,
            "namespace": Namespace,
            "cycler": Cycler,
            "joiner": Joiner,
        }

    def build(
        self, source: str, includes: tuple[Inclusion, ...] | None
    ) -> tuple[nodes.Template, tuple[str, ...], Expansion]:
        """Return a template's tree, rewritten by ``Meter``; what it includes, and how much."""
        expansion = Expansion()

        def parse(text: str) -> nodes.Template:
            self._count_tokens(text, expansion)
            return PromptParser(self, text).parse()

        meter = Meter(parse, includes, expansion)
        tree: nodes.Template = meter.visit(parse(source))
        tree.set_environment(self)
        return tree, tuple(meter.references), expansion

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        del name, filename  # a prompt has neither
        return self.build(source, ())[0]

    def _count_tokens(self, source: str, expansion: Expansion) -> None:
        """Refuse a source so full of expressions that compiling it would take seconds."""
        for line, _, _ in self.lexer.tokeniter(source, None):
            expansion.tokens += 1
            if expansion.tokens > MAX_TOKENS + 1:
                raise TemplateSyntaxError(f"more than {MAX_TOKENS:,} tokens of Jinja", line)

    def call_filter(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Run a filter that a template names by a text, as in ``map("upper")``."""
        if name in INTERNAL:
            raise SecurityError("calling a filter of the sandbox itself is not allowed")
        return super().call_filter(name, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Run an operator whose operands and result are within the limits."""
        if not isinstance(left, Undefined) and not isinstance(right, Undefined):
            check_operator(operator, left, right)
        return current_budget().admit(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063
        """Call a macro, a global or a plain method, and nothing else."""
        budget = current_budget()
        if not isinstance(__obj, Undefined):
            __self._check_callable(__obj)
        given = {name: value for name, value in kwargs.items() if not name.startswith("_")}
        args = tuple(budget.admit(value) for value in args)
        budget.admit(given)
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            check_growth(__obj.__name__, owner, args, given)
        with budget.deeper():
            return budget.admit(super().call(__context, __obj, *args, **kwargs))

    def _check_callable(self, function: Any) -> None:
        if isinstance(function, Macro | LoopContext | Joiner | _FormatMethod):
            return
        if any(function is known for known in self.globals.values()):
            return
        owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
        for kind, names in _METHODS.items():
            if isinstance(owner, kind) and name in names:
                return
        whose = "" if owner is None else f" of {type(owner).__name__!r} object"
        raise SecurityError(f"calling {name or type(function).__name__!r}{whose} is not allowed")

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Replace ``str.format`` by one that is bounded; ``format_map`` is refused."""
        if super().wrap_str_format(value) is None or value.__name__ != "format":
            return None
        return _FormatMethod(self, value.__self__)


@pass_context  # a context-dependent finalizer also keeps Jinja from running it at compile time
def _write(_: Context, value: Any) -> str:
    budget = current_budget()
    if isinstance(value, str):
        pass
    elif isinstance(value, Picture):
        value = marker(value)
    else:
        for item in (value, *value) if isinstance(value, list | tuple) else (value,):
            if isinstance(item, Undefined):
                str(item)  # raises, where a list would quietly print "Undefined"
            elif callable(item):
                raise _is_function(item)
    text = str(budget.admit(value))
    budget.emit(len(text))
    return text


def _is_function(value: Any) -> RenderError:
    name = getattr(value, "__name__", "") or getattr(value, "name", "")
    what = repr(name[:60]) if isinstance(name, str) and name else f"a {type(value).__name__}"
    return RenderError(
        f"The template prints {what}, which is a function and no text.",
        hint="Call it, or give the variable another name if one was meant.",
    )


def _admit(value: Any) -> Any:
    return current_budget().admit(value)


def _spend(value: int) -> None:
    current_budget().spend(value)


def _pass(value: bool) -> bool:
    current_budget().spend()
    return value


def _emit(value: int) -> None:
    current_budget().emit(value)


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that what goes in and what comes out is within the limits."""
    lead = 1 if hasattr(function, "jinja_pass_arg") else 0  # context, environment, …

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        budget = current_budget()
        values = [budget.admit(value) for value in args[lead:]]
        budget.admit(kwargs)
        check_growth(name, values[0], values[1:], kwargs)
        return budget.admit(check_number(function(*args[:lead], *values, **kwargs)))

    return run


ENVIRONMENT = PromptEnvironment()
