"""The YAML head of a prompt: read as plain data, with every surprise of YAML refused."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.settings import check_settings

MAX_FRONT_MATTER_BYTES = 64 * 1024

# Prompty files of other tools also say where a model is served; that is llmops.toml's business,
# so such a part is accepted and not used.
_MODEL_KEYS = ("id", "api", "provider", "configuration", "connection", "parameters", "options")
_SETTING_KEYS = ("settings", "parameters")
KEYS = ("name", "description", "authors", "tags", "model", *_SETTING_KEYS, "inputs", "sample")


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """What the head of a prompt says; each part is empty where it says nothing."""

    name: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    model: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    sample: dict[str, Any] = field(default_factory=dict)


def parse_front_matter(text: str, *, first_line: int = 1) -> FrontMatter:
    """Read the YAML between the ``---`` lines; ``first_line`` is the number of its first line."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FRONT_MATTER_BYTES:
        raise PromptSyntaxError(
            f"The front matter is over {MAX_FRONT_MATTER_BYTES // 1024} kB.",
            hint="Keep data in a file or a variable of the notebook.",
        )
    data = _load(text, first_line)
    if data is None:
        return FrontMatter()
    if not isinstance(data, dict):
        raise PromptSyntaxError(
            f"The front matter is a {type(data).__name__}, not `key: value` lines."
        )
    _refuse_unknown(data, KEYS, "in the front matter")
    model, settings = _read_model(data.get("model"))
    for key in _SETTING_KEYS:
        settings |= _mapping(data, key)
    return FrontMatter(
        name=_text(data, "name"),
        description=_text(data, "description"),
        authors=_texts(data, "authors"),
        tags=_texts(data, "tags"),
        inputs=_mapping(data, "inputs"),
        sample=_mapping(data, "sample"),
        model=model,
        settings=check_settings(settings),
    )


def _load(text: str, first_line: int) -> Any:
    try:
        _refuse_surprises(text, first_line)
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {first_line + mark.line}" if mark else ""
        raise PromptSyntaxError(
            f"The front matter is no valid YAML{where}: {error.problem or error.context}."
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise PromptSyntaxError(f"The front matter is no valid YAML: {reason}.") from error


def _refuse_surprises(text: str, first_line: int) -> None:
    """Refuse aliases (a few can stand for gigabytes), tags, and a key that is said twice."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = first_line + getattr(event.start_mark, "line", 0)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PromptSyntaxError(
                f"The front matter uses a YAML anchor or alias in line {line}.",
                hint="Write the value out.",
            )
        tag = getattr(event, "tag", None)
        if tag:
            raise PromptSyntaxError(
                f"The front matter uses the YAML tag {tag!r} in line {line}.",
                hint="Only plain values are read.",
            )
    _refuse_repeats(yaml.compose(text, Loader=yaml.SafeLoader), first_line)


def _refuse_repeats(node: Any, first_line: int) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_repeats(child, first_line)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, child in node.value:
        name = str(key.value)
        if name in seen:
            line = first_line + key.start_mark.line
            raise PromptSyntaxError(f"The front matter says {name!r} twice, again in line {line}.")
        seen.add(name)
        _refuse_repeats(child, first_line)


def _read_model(value: Any) -> tuple[str, dict[str, Any]]:
    """Return the model's name and settings: a text, or Prompty's mapping."""
    if value is None or isinstance(value, str):
        return (value or "").strip(), {}
    if not isinstance(value, dict):
        raise PromptSyntaxError(f"`model` in the front matter is a {type(value).__name__}.")
    _refuse_unknown(value, _MODEL_KEYS, "under `model` in the front matter")
    if value.get("api", "chat") != "chat":
        raise PromptSyntaxError(f"`model.api` is {value['api']!r}: only `chat` is supported.")
    settings = _mapping(value, "parameters") | _mapping(value, "options")
    return _text(value, "id").strip(), settings


def _refuse_unknown(data: Mapping[Any, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [str(key) for key in data if key not in known]
    if not unknown:
        return
    close = difflib.get_close_matches(unknown[0], known, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    names = ", ".join(map(repr, unknown))
    raise PromptSyntaxError(
        f"Unknown {'key' if len(unknown) == 1 else 'keys'} {names} {where}.{meant}",
        hint=f"Known keys: {', '.join(known)}.",
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PromptSyntaxError(
            f"`{key}` in the front matter is a {type(value).__name__}, not a text.",
            hint="Put it in quotes.",
        )
    return value


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key)
    items = [value] if isinstance(value, str) else value or []
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise PromptSyntaxError(f"`{key}` in the front matter is no list of texts.")
    return tuple(items)


def _mapping(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PromptSyntaxError(f"`{key}` in the front matter is no mapping of names to values.")
    return {str(name): item for name, item in value.items()}
