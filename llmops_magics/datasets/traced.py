"""Cases from traced model calls: what was asked becomes an input, what came back is kept beside.

Spans are masked before they are stored, so such a case holds masks where personal data stood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.errors import DatasetError
from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import Span

DEFAULT_COLUMN = "input"
OUTPUT = "@output"  # as an expected answer: what the model said
_CUT = " characters cut)"
_ID_DIGITS = 12


def cases_from_spans(
    spans: Sequence[Span], *, column: str, expected: str | None = None
) -> tuple[Case, ...]:
    """Return a case for each model call of a trace that has text in it.

    The last user message is the input ``column``; the earlier messages, the answer, the prompt
    and the model stand in the metadata. Nothing is expected unless ``expected`` says what.
    Raises ``DatasetError`` if no call has text: the workspace may keep metadata alone.
    """
    found = []
    for span in spans:
        asked = _messages(span.attributes.get(semconv.INPUT_MESSAGES))
        users = [index for index, (role, text) in enumerate(asked) if role == "user" and text]
        if not users:
            continue
        answer = "\n".join(t for _, t in _messages(span.attributes.get(semconv.OUTPUT_MESSAGES)))
        case_id = f"trace-{span.trace_id[:_ID_DIGITS]}-{span.span_id[:8]}"
        found.append(
            Case(
                id=case_id,
                inputs={column: asked[users[-1]][1]},
                expected=answer if expected == OUTPUT else expected,
                metadata=_metadata(span, asked[: users[-1]], answer),
            )
        )
    if not found:
        raise DatasetError(
            "No model call of that trace has the text of a user message.",
            hint='With capture = "metadata" in llmops.toml, texts are not kept.',
        )
    return tuple(found)


def cut_cases(cases: Iterable[Case]) -> list[str]:
    """Return the ids of cases whose input the trace holds only the beginning of."""
    return [c.id for c in cases if any(str(value).endswith(_CUT) for value in c.inputs.values())]


def _metadata(span: Span, earlier: Sequence[tuple[str, str]], answer: str) -> dict[str, Any]:
    values = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "prompt": span.attributes.get(semconv.PROMPT_REF),
        "model": span.attributes.get(semconv.REQUEST_MODEL),
        "messages": [{"role": role, "content": text} for role, text in earlier],
        "output": answer,
    }
    return {name: value for name, value in values.items() if value}


def _messages(stored: Any) -> list[tuple[str, str]]:
    """Return role and text of each message; what other code traced may have any form."""
    try:
        messages = json.loads(stored) if isinstance(stored, str) else stored
    except ValueError:
        return []
    if not isinstance(messages, list | tuple):
        return []
    return [
        (str(m.get("role", "")), _text(m.get("parts"))) for m in messages if isinstance(m, dict)
    ]


def _text(parts: Any) -> str:
    if not isinstance(parts, list | tuple):
        return ""
    texts = [part.get("content") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
