"""What is inside a span: messages, tool calls, retrieved passages, values and errors.

Spans come from any code: what is not in the form of the conventions is shown as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmops_magics.tracing import semconv
from llmops_magics.views import block, style
from llmops_magics.views.format import number, plural
from llmops_magics.views.markup import Markup, abbreviate, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmops_magics.tracing.trace import Span

MESSAGES = {semconv.INPUT_MESSAGES: "input", semconv.OUTPUT_MESSAGES: "output"}
VALUES = {
    semconv.INPUT: "arguments",
    semconv.TOOL_ARGUMENTS: "arguments",
    semconv.OUTPUT: "result",
    semconv.TOOL_RESULT: "result",
    semconv.RETRIEVAL_QUERY: "query",
}
SHOWN_ELSEWHERE = frozenset(
    {semconv.COST_USD, semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS, semconv.ERROR_MESSAGE}
    | {semconv.RETRIEVAL_DOCUMENTS, *MESSAGES, *VALUES}
)
MAX_PASSAGES = 20
MAX_MESSAGES = 100
_TITLE_CHARACTERS = 120


def span_content(span: Span) -> list[Markup]:
    """Return the blocks of a span, what went wrong first."""
    attributes = span.attributes
    return [
        *_error(attributes),
        *_messages(attributes),
        *_values(attributes),
        *_passages(attributes.get(semconv.RETRIEVAL_DOCUMENTS)),
        *_rest(attributes),
    ]


def span_lines(span: Span) -> Iterator[str]:
    """Yield what a span holds in lines of text, the essentials only."""
    attributes = span.attributes
    if message := attributes.get(semconv.ERROR_MESSAGE):
        yield f"{_error_title(attributes)}: {message}"
    for attribute, title in MESSAGES.items():
        for role, text in parse_messages(attributes.get(attribute)):
            yield f"{title} {role}: {text}"
    for attribute, title in VALUES.items():
        if attribute in attributes:
            yield f"{title}: {block.plain(attributes[attribute])}"
    for passage in _documents(attributes.get(semconv.RETRIEVAL_DOCUMENTS)):
        score, text = passage.get("score"), passage.get("content") or passage.get("title") or ""
        yield f"passage {passage.get('id', '')} ({_score(score)}): {text}"


def parse_messages(value: Any) -> list[tuple[str, str]]:
    """Read messages of the GenAI conventions; what is none of them is returned as it is."""
    if value is None:
        return []
    try:
        messages = json.loads(value) if isinstance(value, str) else value
        return [
            (str(message.get("role", "")), "\n".join(_part(part) for part in message["parts"]))
            for message in messages[:MAX_MESSAGES]
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [("", block.plain(value))]


def _part(part: dict[str, Any]) -> str:
    if part.get("type") == "tool_call":
        return f"→ {part.get('name', '')}({block.plain(part.get('arguments', ''))})"
    if part.get("type") == "tool_call_response":
        return f"← {block.plain(part.get('response', part.get('result', '')))}"
    content = part.get("content")
    return content if isinstance(content, str) else block.plain(part)


def _error(attributes: Mapping[str, Any]) -> Iterator[Markup]:
    message = attributes.get(semconv.ERROR_MESSAGE)
    if message:
        title = element("div", _error_title(attributes), style=style.ROLE)
        yield element("div", title, _text(block.plain(message), style.BLOCK_WENT))


def _error_title(attributes: Mapping[str, Any]) -> str:
    kind = abbreviate(block.plain(attributes.get(semconv.ERROR_TYPE, "")), _TITLE_CHARACTERS)
    return f"error {kind}".strip()


def _messages(attributes: Mapping[str, Any]) -> Iterator[Markup]:
    for attribute, title in MESSAGES.items():
        messages = parse_messages(attributes.get(attribute))
        if messages:
            parts = [
                element("div", element("div", role, style=style.ROLE), block.block(content))
                for role, content in messages
                if content or role
            ]
            shown = f"{title}: {plural(len(messages), 'message')}"
            yield block.fold(shown, *parts, is_open=True)


def _values(attributes: Mapping[str, Any]) -> Iterator[Markup]:
    for attribute, title in VALUES.items():
        if attribute in attributes:
            shown = block.plain(attributes[attribute])
            short = abbreviate(shown, _TITLE_CHARACTERS)
            if short == shown:
                yield element("div", element("div", title, style=style.ROLE), block.block(shown))
            else:
                yield block.fold(f"{title}: {short}", block.block(_pretty(shown)))


def _passages(value: Any) -> Iterator[Markup]:
    documents = list(_documents(value))
    if not documents:
        return
    rows = [
        block.row(
            block.number_cell(_score(passage.get("score"))),
            block.row_head(abbreviate(block.plain(passage.get("id", "")), 60)),
            block.cell(block.folded(_passage_text(passage))),
        )
        for passage in documents[:MAX_PASSAGES]
    ]
    heads = [block.number_head("score"), block.head("passage"), block.head("text")]
    yield block.fold(
        f"retrieved: {plural(len(documents), 'passage')}",
        block.table("Passages, best first", heads, rows),
        block.more(len(documents) - MAX_PASSAGES, "passage"),
        is_open=True,
    )


def _passage_text(passage: Mapping[str, Any]) -> str:
    said = [passage.get("title"), passage.get("content")]
    return "\n".join(block.plain(text) for text in said if text)


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    try:
        documents = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return
    if isinstance(documents, list | tuple):
        yield from (each for each in documents if isinstance(each, dict))


def _rest(attributes: Mapping[str, Any]) -> Iterator[Markup]:
    kept: dict[str, Any] = {
        name: block.plain(value)
        for name, value in _sorted(attributes.items())
        if name not in SHOWN_ELSEWHERE
    }
    if kept:
        yield block.fold(plural(len(kept), "attribute"), block.facts("attributes", kept))


def _sorted(items: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted(items, key=lambda item: item[0])


def _score(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else block.plain(value)


def _text(value: str, look: str) -> Markup:
    return element("pre", value[: block.LONG_CHARACTERS], dir="auto", style=look)


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
