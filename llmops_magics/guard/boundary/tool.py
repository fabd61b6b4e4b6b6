"""Tools at their boundaries: whether they may be called, with what, and what they bring back.

Before a guarded function runs its arguments are checked at ``tool_call`` and access is asked for;
what it returns is checked at ``tool_result`` and taints the conversation. Once text that nobody
vouches for is in the conversation, a tool with side effects waits for a person's yes to that very
call. No call from inside a tool gives it (see ``pending`` for what that can hold).

What a tool raises is the caller's to handle: it taints, and nobody looks at its words. Of an object
that is no JSON its texts are read as far as they can be told.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from llmops_magics.errors import AccessDeniedError, BlockedError, UsageError
from llmops_magics.guard.boundary.asking import in_thread, settle
from llmops_magics.guard.boundary.boundaries import Boundaries
from llmops_magics.guard.boundary.crossing import Crossing, Setting
from llmops_magics.guard.boundary.leaf import is_readable, leaves, readable, with_texts
from llmops_magics.guard.boundary.pending import PendingQuestion, inside_tool
from llmops_magics.guard.boundary.taint import current_conversation, mark_untrusted
from llmops_magics.guard.detector import Boundary
from llmops_magics.record import to_jsonable
from llmops_magics.redaction import redact

if TYPE_CHECKING:
    from llmops_magics.guard.access.decision import AccessDecision
    from llmops_magics.tracing.operation import Operations

MAX_SHOWN: Final = 1_500


class Authorize(Protocol):
    """Decides whether a tool may be called; a denial is recorded by whoever decides."""

    def __call__(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        tainted: bool,
        confirmed: bool,
        prompt: str,
        side_effect: bool,
    ) -> AccessDecision:
        """Return the decision; ``needs_yes`` says that a person's yes would permit it."""
        ...


@dataclass(frozen=True, kw_only=True)
class ToolTerms:
    """What is known of a tool: a tool that is not ``trusted`` taints with what it returns."""

    name: str
    prompt: str = ""
    side_effect: bool = True
    trusted: bool = False


class ToolGuard:
    """Guards functions. ``boundaries`` None: nothing is scanned, access and taint still hold."""

    def __init__(
        self,
        boundaries: Boundaries | None,
        ask: Callable[[str, str, str, tuple[str, ...]], PendingQuestion],
        authorize: Authorize,
        operations: Callable[[], Operations],
        pending: Any,
    ) -> None:
        self._boundaries = boundaries
        self._ask = ask
        self._authorize = authorize
        self._operations = operations
        self._pending = pending

    def wrap(self, function: Callable[..., Any], terms: ToolTerms) -> Callable[..., Any]:
        """Return the function guarded; an asynchronous one stays one."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise UsageError(
                f"{terms.name!r} yields: a tool returns what it has to say at once.",
                hint="Return a list, or guard the stream with workspace.guard.stream.",
            )
        guard = self._awaited if _is_asynchronous(function) else self._called
        return guard(function, inspect.signature(function), terms)

    def _awaited(
        self, function: Callable[..., Any], signature: inspect.Signature, terms: ToolTerms
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            with self._operations().span(terms.name, kind="tool") as span:
                await in_thread(partial(self._admit, bound, terms))
                span.input(dict(bound.arguments))
                with _running(terms):
                    result = _whole(await function(*bound.args, **bound.kwargs), terms)
                result = await in_thread(partial(self._returned, result, terms))
                span.output(result)
                return result

        return awaited

    def _called(
        self, function: Callable[..., Any], signature: inspect.Signature, terms: ToolTerms
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            with self._operations().span(terms.name, kind="tool") as span:
                self._admit(bound, terms)
                span.input(dict(bound.arguments))
                with _running(terms):
                    result = _whole(function(*bound.args, **bound.kwargs), terms)
                result = self._returned(result, terms)
                span.output(result)
                return result

        return called

    def _admit(self, bound: inspect.BoundArguments, terms: ToolTerms) -> None:
        """Check a call; what is redacted in its arguments is replaced in them."""
        bound.apply_defaults()
        subject = f"call of {terms.name}"
        # A copy: what a person says yes to cannot change meanwhile.
        plain = {n: copy.deepcopy(v) for n, v in bound.arguments.items() if is_readable(v)}
        others = {n: v for n, v in bound.arguments.items() if n not in plain}
        checked = self._checked(plain, "tool_call", terms, subject)
        self._checked(others, "tool_call", terms, subject)
        bound.arguments.update(checked)
        told = checked | {name: str(value) for name, value in others.items()}
        self._permit(_flat(bound.signature, told), terms)

    def _permit(self, arguments: Mapping[str, Any], terms: ToolTerms) -> None:
        conversation = current_conversation()

        def decide(*, confirmed: bool) -> AccessDecision:
            return self._authorize(
                terms.name,
                to_jsonable(arguments),
                tainted=conversation.is_tainted,
                confirmed=confirmed,
                prompt=terms.prompt,
                side_effect=terms.side_effect,
            )

        decision = decide(confirmed=False)
        if not decision.allowed and decision.needs_yes:
            shown = _shown(terms.name, arguments)
            reason = "; ".join(decision.reasons)
            question = self._ask(terms.name, reason, shown, conversation.sources)
            answered = settle(self._pending, question)
            if answered.state != "allow":
                raise AccessDeniedError(
                    f"the call of {terms.name!r} waits for a person's yes, and the answer was"
                    f" {answered.state}, by {answered.answered_by}.",
                    hint=reason,
                    policies=decision.policies,
                )
            decision = decide(confirmed=True)
        if not decision.allowed:
            raise AccessDeniedError(f"{decision.sentence}.", policies=decision.policies)

    def _returned(self, result: Any, terms: ToolTerms) -> Any:
        return self._checked(result, "tool_result", terms, f"result of {terms.name}")

    def _checked(self, value: Any, boundary: Boundary, terms: ToolTerms, subject: str) -> Any:
        if self._boundaries is None:
            return value
        read = value if is_readable(value) else readable(value)
        crossings = [
            Crossing(text=each.text, boundary=boundary, subject=f"{subject}, {each.path}"[:300])
            for each in leaves(read)
        ]
        if not crossings:
            return value
        texts = self._boundaries.check(crossings, Setting(prompt=terms.prompt)).texts
        if texts == tuple(crossing.text for crossing in crossings):
            return value
        if read is not value:
            raise BlockedError(
                f"{subject} holds something that is to be redacted, inside an object of type"
                f" {type(value).__name__}, in which nothing can be replaced.",
                hint="Let the tool take and return texts, numbers, lists and dicts.",
                boundary=boundary,
            )
        return with_texts(value, iter(texts))


@contextmanager
def _running(terms: ToolTerms) -> Iterator[None]:
    """Run a tool; however it ends, what it says is in the conversation then."""
    try:
        with inside_tool(terms.name):
            yield
    finally:
        if not terms.trusted:
            mark_untrusted(f"tool {terms.name}")


def _flat(signature: inspect.Signature, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as a schema names them: those of ``**kwargs`` beside the others."""
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        is_rest = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        found |= value if is_rest and isinstance(value, Mapping) else {name: value}
    return found


def _is_asynchronous(function: Callable[..., Any]) -> bool:
    called = getattr(type(function), "__call__", None)  # noqa: B004 -- of an object's class
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _whole(result: Any, terms: ToolTerms) -> Any:
    """Return a result that is there: what comes later would come past every check."""
    if not (inspect.isawaitable(result) or isinstance(result, Iterator | AsyncIterator)):
        return result
    if inspect.iscoroutine(result):
        result.close()
    raise UsageError(
        f"{terms.name!r} returned {type(result).__name__}, which says later what it has to say.",
        hint="Guard an `async def`, or return a list.",
    )


def _shown(name: str, arguments: Mapping[str, Any]) -> str:
    written = json.dumps(to_jsonable(arguments), ensure_ascii=False, default=str)
    # Masked before it is cut: half of a secret is not known for one.
    return redact(f"{name}({written[:100_000]})")[:MAX_SHOWN]
