"""How a rendered prompt and a model's answer look: one block a message, as they would be sent.

An image is shown by its address, or by type and size; it is never loaded.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import indented
from llmops_magics.views.embedded import image_words, plain_value, without_data
from llmops_magics.views.format import count, duration, money, plural
from llmops_magics.views.markup import Markup, abbreviate, cut, element, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmops_magics.prompts.rendered import PromptAnswer, RenderedPrompt

MAX_TEXT_CHARACTERS = 40_000
_NAME_CHARACTERS = 80
_VALUE_CHARACTERS = 200
_LONG_SETTINGS = ("tools", "response_format")
_COLOURS = {"system": style.GREY, "developer": style.GREY, "user": style.BLUE, "tool": style.AMBER}


def rendered_prompt_html(rendered: RenderedPrompt) -> Markup:
    """Show the messages as blocks, and what was filled in."""
    messages = rendered.messages[: block.MAX_ROWS]
    return block.outer(
        block.heading(element("strong", rendered.ref), "as it would be sent"),
        block.subline(_subject(rendered)),
        *(_message(message) for message in messages),
        block.more(len(rendered.messages) - len(messages), "message"),
        _variables(rendered.variables, rendered.sampled),
        *_long_settings(rendered.settings),
    )


def rendered_prompt_text(rendered: RenderedPrompt) -> str:
    """Return each message under its role."""
    lines = [f"{rendered.ref}{block.DOT}{block.DOT.join(p for p in _subject(rendered) if p)}"]
    for message in rendered.messages[: block.MAX_ROWS]:
        lines.append(f"{_role(message)}:")
        lines += [indented(text, 2) for text in _texts(message)]
    rest = len(rendered.messages) - block.MAX_ROWS
    lines += [f"and {plural(rest, 'more message')} in the record"] if rest > 0 else []
    if rendered.sampled:
        lines.append(f"from the prompt's sample: {block.names(rendered.sampled)}")
    return visible("\n".join(lines))


def prompt_answer_html(answer: PromptAnswer) -> Markup:
    """Show the answer, the tools it calls, and what it took."""
    text = cut(without_data(answer.text), MAX_TEXT_CHARACTERS)
    calls = answer.tool_calls[: block.MAX_ROWS]
    empty = None if answer.text or calls else element("em", "empty answer")
    return block.outer(
        block.heading(element("strong", answer.ref), *_finish(answer)),
        element("div", text, dir="auto", style=style.message(style.GREEN)) if text else None,
        empty,
        *(_call(call) for call in calls),
        block.more(len(answer.tool_calls) - len(calls), "tool call"),
        block.subline(answer_facts(answer)),
        _variables(answer.variables, ()),
    )


def prompt_answer_text(answer: PromptAnswer) -> str:
    """Return the answer as it is, the tools it calls, and a line of what it took."""
    lines = [cut(without_data(answer.text), MAX_TEXT_CHARACTERS)] if answer.text else []
    lines += [f"→ {name}({given})" for name, given in map(call_words, answer.tool_calls)]
    lines = lines or ["(empty answer)"]
    finish = "" if _is_whole(answer) else f"! ended by {answer.finish_reason}"
    facts = block.DOT.join(answer_facts(answer))
    ended = [finish] if finish else []
    return visible("\n".join([*lines, "", *ended, facts]))


def answer_facts(answer: PromptAnswer) -> list[str]:
    """Return model, tokens, cost and time, each in a few words."""
    model = answer.model
    if answer.resolved_model and not answer.model.endswith(answer.resolved_model):
        model = f"{model} ({answer.resolved_model})"
    return [
        abbreviate(model, 2 * _NAME_CHARACTERS),
        f"{count(answer.input_tokens)} in / {count(answer.output_tokens)} out tokens",
        f"cost {_cost(answer.cost_usd)}",
        duration(answer.latency_ms),
    ]


def call_words(call: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and the arguments of a tool call, whatever shape it has."""
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    given = inner.get("arguments", "")
    text = given if isinstance(given, str) else plain_value(given)
    return abbreviate(str(inner.get("name", "?")), _NAME_CHARACTERS), without_data(text)


def _message(message: Mapping[str, Any]) -> Markup:
    role = _role(message)
    colour = _COLOURS.get(role, style.GREEN)
    parts = [
        element("div", cut(text, MAX_TEXT_CHARACTERS), dir="auto", style=style.PART)
        for text in _texts(message)
    ]
    return element(
        "div",
        element("div", role, style=style.ROLE),
        *(parts or [element("em", "empty message")]),
        style=style.message(colour),
    )


def _role(message: Mapping[str, Any]) -> str:
    return abbreviate(str(message.get("role", "")), _NAME_CHARACTERS) or "message"


def _texts(message: Mapping[str, Any]) -> list[str]:
    """Return what a message holds: its text, images in words, and the tools it calls."""
    content = message.get("content")
    texts = list(_parts(content)) if isinstance(content, list | tuple) else []
    if content and not texts:
        texts = [plain_value(content)]
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list | tuple) else ():
        name, given = call_words(call) if isinstance(call, dict) else ("?", plain_value(call))
        texts.append(f"→ {name}({given})")
    return texts


def _parts(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts[: block.MAX_ROWS]:
        text, image = (
            part.get(k) if isinstance(part, dict) else None for k in ("text", "image_url")
        )
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(text, str):
            yield without_data(text)
        elif isinstance(url, str):
            detail = image.get("detail") if isinstance(image, dict) else None
            yield f"▣ image: {image_words(url)}" + (f" (detail {detail})" if detail else "")
        else:
            yield plain_value(part)
    rest = len(parts) - block.MAX_ROWS
    if rest > 0:
        yield f"and {plural(rest, 'more part')} in the record"


def _call(call: Mapping[str, Any]) -> Markup:
    name, given = call_words(call)
    return element(
        "div",
        element("div", f"→ calls {name}", style=style.ROLE),
        element("div", cut(_indented_json(given), MAX_TEXT_CHARACTERS), style=style.CODE),
        style=style.message(style.AMBER),
    )


def _indented_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _variables(variables: Mapping[str, Any], sampled: Iterable[str]) -> Markup | None:
    if not variables:
        return None
    from_sample = frozenset(sampled)
    shown = {
        f"{name} (from the sample)" if name in from_sample else str(name): plain_value(value)
        for name, value in list(variables.items())[: block.MAX_ROWS]
    }
    rest = block.more(len(variables) - len(shown), "variable")
    title = f"{plural(len(variables), 'variable')} filled in"
    return block.fold(title, block.facts("Variables and their values", shown), rest)


def _subject(rendered: RenderedPrompt) -> list[str]:
    short = {k: v for k, v in rendered.settings.items() if k not in _LONG_SETTINGS}
    settings = [f"{k} {abbreviate(plain_value(v), _VALUE_CHARACTERS)}" for k, v in short.items()]
    tools = rendered.settings.get("tools")
    named = [plural(len(tools), "tool")] if isinstance(tools, list) else []
    messages = plural(len(rendered.messages), "message")
    return [rendered.model, *settings, *named, messages]


def _long_settings(settings: Mapping[str, Any]) -> Iterator[Markup]:
    for name in _LONG_SETTINGS:
        if settings.get(name):
            shown = json.dumps(settings[name], ensure_ascii=False, indent=2, default=str)
            yield block.fold(name.replace("_", " "), block.block(shown, MAX_TEXT_CHARACTERS))


def _is_whole(answer: PromptAnswer) -> bool:
    return answer.finish_reason in ("", "stop", "tool_calls")


def _finish(answer: PromptAnswer) -> list[Markup]:
    if _is_whole(answer):
        return []
    reason = abbreviate(answer.finish_reason, _NAME_CHARACTERS)
    return [block.badge(f"! ended by {reason}", style.AMBER)]


def _cost(cost_usd: str | None) -> str:
    try:
        return money(None if cost_usd is None else Decimal(cost_usd))
    except InvalidOperation:
        return money(None)
