"""What becomes of a span before it is written or sent: secrets masked, long values cut.

Which attributes are left out altogether, and which patterns of the user's own are masked beside
the built-in ones, is set in ``llmops.toml``::

    [trace]
    redact = ["llmops.input", "customer.*"]
    patterns = { ticket = "TCK-[0-9]{6}" }
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from llmops_magics.record import to_jsonable
from llmops_magics.redaction import redact
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import MaskedText
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.wordless import REDACTED, wordless

# Names and globs of what holds text that people or models wrote.
CONTENT = (
    "gen_ai.*.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    semconv.TOOL_ARGUMENTS,
    semconv.TOOL_RESULT,
    semconv.RETRIEVAL_DOCUMENTS,
    semconv.RETRIEVAL_QUERY,
    semconv.INPUT,
    semconv.OUTPUT,
    semconv.ERROR_MESSAGE,
    semconv.ROUTER_TRIED,
    "gen_ai.prompt.*",
)
MAX_ATTRIBUTE_CHARS = 200_000
NAME_CHARS = 300
_MAX_ITEMS = 10_000
_MAX_DEPTH = 30
_SHORT_CHARS = 100
# A secret that the cut went through is no longer recognised: so much of the end goes too.
_LONGEST_SECRET_CHARS = 9_000


class Masking:
    """Masks spans; ``attributes`` are names or globs, ``patterns`` regular expressions by name.

    Without ``with_content`` nothing is kept that holds messages, whoever recorded it (other
    instrumentation has switches of its own), and no free text of the user's.
    """

    def __init__(
        self,
        attributes: Sequence[str] = (),
        patterns: Mapping[str, str] | None = None,
        *,
        with_content: bool = True,
    ) -> None:
        self._with_content = with_content
        self._globs = (*attributes, *(() if with_content else CONTENT))
        self._patterns = [(f"[{name}]", re.compile(p)) for name, p in (patterns or {}).items()]
        # Names of attributes, models and prompts are few and come again and again.
        self._short = lru_cache(maxsize=5_000)(self._storable)
        self._left_out = lru_cache(maxsize=2_000)(self._matching)
        self._names = lru_cache(maxsize=2_000)(self._storable_names)

    def span(self, span: Span) -> Span:
        """Return the span as it may be kept."""
        values = map(self.value, span.attributes.values())
        attributes = dict(zip(self._names(tuple(span.attributes)), values, strict=True))
        if not self._with_content:
            attributes = {name: wordless(name, value) for name, value in attributes.items()}
        for name in self._left_out(tuple(attributes)):
            attributes[name] = REDACTED
        return Span(  # written out, for every span comes here: replace() takes thrice as long
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_id=span.parent_id,
            name=self._short(span.name)[:NAME_CHARS],
            started_ns=span.started_ns,
            duration_ms=span.duration_ms,
            status=span.status,
            attributes=attributes,
        )

    def value(self, value: Any, depth: int = 0) -> Any:
        """Mask every text in a value, keys included, and make it JSON-able."""
        if isinstance(value, str):
            return self._short(value) if len(value) <= _SHORT_CHARS else self._storable(value)
        if value is None or isinstance(value, int):
            return value
        if depth > _MAX_DEPTH:
            return f"… ({type(value).__name__} cut)"
        if isinstance(value, Mapping):
            items = list(value.items())[:_MAX_ITEMS]
            return {self._short(str(k)): self.value(v, depth + 1) for k, v in items}
        if isinstance(value, list | tuple):
            kept = [self.value(v, depth + 1) for v in value[:_MAX_ITEMS]]
            rest = len(value) - len(kept)
            return [*kept, f"… ({rest} values cut)"] if rest else kept
        return _plain(value)

    def text(self, text: str) -> str:
        """Mask a text, and cut it where it is far too long."""
        if type(text) is MaskedText and not self._patterns and len(text) <= MAX_ATTRIBUTE_CHARS:
            return text
        if len(text) <= MAX_ATTRIBUTE_CHARS:
            return self._masked(text)
        head = self._masked(text[: MAX_ATTRIBUTE_CHARS + _LONGEST_SECRET_CHARS])
        kept = head[: min(MAX_ATTRIBUTE_CHARS, len(head) - _LONGEST_SECRET_CHARS)]
        return f"{kept}… ({len(text) - len(kept)} characters cut)"

    def _storable(self, text: str) -> str:
        text = self.text(text)
        if "\x00" in text:  # which PostgreSQL cannot hold
            text = text.replace("\x00", "\N{SYMBOL FOR NULL}")
        return text if text.isascii() else str(to_jsonable(text))

    def _storable_names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self._short, names))

    def _masked(self, text: str) -> str:
        text = redact(text)
        for mask, pattern in self._patterns:
            text = pattern.sub(mask, text)
        return text

    def _matching(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(n for n in names if any(fnmatchcase(n, glob) for glob in self._globs))


def _plain(value: Any) -> Any:
    """Return what JSON can hold; what it cannot is named by its type."""
    plain = to_jsonable(value)
    is_json = plain is None or isinstance(plain, str | int | float | list | dict)
    return plain if is_json else f"<{type(value).__name__}>"
