"""The YAML head of a prompt: read as plain data, with every surprise of YAML refused."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.change_test import read_tests
from llmops_magics.prompts.declaration import normalise_inputs, read_samples
from llmops_magics.prompts.example import ExampleRequest, read_request
from llmops_magics.prompts.fields import plain, read_mapping, read_text, read_texts, refuse_unknown
from llmops_magics.prompts.settings import ALIASES, check_settings
from llmops_magics.prompts.version import ChangeTest

# Examples stand in it, too. Without libyaml's parser that much would take half a minute.
MAX_FRONT_MATTER_BYTES = 1024 * 1024 if hasattr(yaml, "CSafeLoader") else 64 * 1024

# Prompty files of other tools also say where a model is served; that is llmops.toml's business,
# so such a part is accepted and not used.
_MODEL_KEYS = ("id", "api", "provider", "configuration", "connection", "parameters", "options")
_SETTING_KEYS = ("settings", "parameters")
_TOP_SETTINGS = ("tools", "tool_choice", "response_format")  # settings that may stand at the top
KEYS = (
    *("name", "description", "authors", "tags", "model", *_SETTING_KEYS, "inputs", "sample"),
    *(*_TOP_SETTINGS, "tests", "risk", "examples", "includes"),
)
RISKS = ("low", "high")


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """What the head of a prompt says; each part is empty where it says nothing."""

    name: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    model: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    sample: dict[str, Any] = field(default_factory=dict)
    tests: tuple[ChangeTest, ...] = ()
    risk: str = ""
    examples: ExampleRequest | None = None
    pins: dict[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()  # the keys that stand there


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
    refuse_unknown(data, KEYS, "in the front matter")
    try:
        return _read(data)
    except OverflowError as error:  # a whole number that is beyond every float
        raise PromptSyntaxError("The front matter holds a number that is too large.") from error


def _read(data: Mapping[str, Any]) -> FrontMatter:
    model, settings = _read_model(data.get("model"))
    for key in _SETTING_KEYS:
        settings |= read_mapping(data, key)
    settings |= _read_top_settings(data, settings)
    samples = read_samples(read_mapping(data, "inputs"))
    return FrontMatter(
        name=read_text(data, "name"),
        description=read_text(data, "description"),
        authors=read_texts(data, "authors"),
        tags=read_texts(data, "tags"),
        inputs=normalise_inputs(read_mapping(data, "inputs")),
        sample=plain(samples | read_mapping(data, "sample"), "`sample`"),
        tests=read_tests(data.get("tests")),
        risk=_read_risk(data),
        examples=read_request(data.get("examples")),
        pins=_read_pins(data),
        given=frozenset(map(str, data)) | ({"sample"} if samples else set()),
        model=model,
        settings=check_settings(settings),
    )


_MAX_DEPTH = 200
# libyaml's parser where PyYAML was built with it: ten times as fast, the same data.
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT, _FLOAT, _STR = (f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "str"))
# The numbers of YAML 1.2 that PyYAML, too, takes for numbers: what it writes without quotes (08,
# 1e3) stays a text. None has `:` (a number to the base 60 takes quadratic time) or `_`, and none
# is longer than what can be read at once.
_SHORT = r"(?=.{1,400}\Z)"
_NUMBERS = {
    _INT: rf"{_SHORT}(?:[-+]?(?:0[0-7]*|[1-9][0-9]*)|0x[0-9a-fA-F]+)\Z",
    _FLOAT: rf"{_SHORT}(?:(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
}


class _Loader(_BASE):  # type: ignore[misc]
    """Plain data, with no numbers but those of YAML 1.2."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if tag not in _NUMBERS]
        for first, known in _BASE.yaml_implicit_resolvers.items()
    }

    def read_integer(self, node: yaml.ScalarNode) -> int:
        """Read a decimal or hexadecimal number; a leading 0 does not make it octal."""
        return int(node.value, 16 if node.value.startswith("0x") else 10)


for _tag, _pattern in _NUMBERS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list("-+.0123456789"))
_Loader.add_constructor(_INT, _Loader.read_integer)


def _load(text: str, first_line: int) -> Any:
    try:
        _refuse_surprises(text, first_line)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            _refuse_repeats(node, first_line, loader)
            return loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {first_line + mark.line}" if mark else ""
        raise PromptSyntaxError(
            f"The front matter is no valid YAML{where}: {error.problem or error.context}."
        ) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise PromptSyntaxError(f"The front matter is no valid YAML: {reason}.") from error


def _refuse_surprises(text: str, first_line: int) -> None:
    """Refuse aliases (a few can stand for gigabytes), tags, and depth.

    Events come one by one; what builds nodes of them recurses, in C with no limit of its own.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_BASE):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise PromptSyntaxError("The front matter is no valid YAML: nested too deeply.")
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


def _refuse_repeats(node: Any, first_line: int, loader: Any) -> None:
    """Refuse a key that is said twice, or twice in two forms: keys are texts in the end."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_repeats(child, first_line, loader)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[Hashable] = set()
    for key, child in node.value:
        forms = _forms(key, loader)
        if not seen.isdisjoint(forms):
            line = first_line + key.start_mark.line
            raise PromptSyntaxError(
                f"The front matter says {str(key.value)!r} twice, again in line {line}.",
                hint="" if key.tag == _STR else "Keys that mean the same, as 1 and 01, are one.",
            )
        seen |= forms
        _refuse_repeats(child, first_line, loader)


def _forms(key: Any, loader: Any) -> set[Hashable]:
    """Return what a key would be taken for: its letters, its value, and that as a text."""
    if not isinstance(key, yaml.ScalarNode):
        return set()  # refused as a key when it is constructed
    forms: set[Hashable] = {key.value}
    if key.tag != _STR and key.tag in loader.yaml_constructors:
        value = loader.construct_object(key)
        forms |= {value, str(value)}
    return forms


def _read_model(value: Any) -> tuple[str, dict[str, Any]]:
    """Return the model's name and settings: a text, or Prompty's mapping."""
    if value is None or isinstance(value, str):
        return (value or "").strip(), {}
    if not isinstance(value, dict):
        raise PromptSyntaxError(f"`model` in the front matter is a {type(value).__name__}.")
    refuse_unknown(value, _MODEL_KEYS, "under `model` in the front matter")
    if value.get("api", "chat") != "chat":
        raise PromptSyntaxError(f"`model.api` is {value['api']!r}: only `chat` is supported.")
    settings = read_mapping(value, "parameters") | read_mapping(value, "options")
    return read_text(value, "id").strip(), settings


def _read_top_settings(data: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: data[key] for key in _TOP_SETTINGS if data.get(key) is not None}
    known = {ALIASES.get(key, key) for key in settings}
    for key in found:
        if key in known:
            raise PromptSyntaxError(
                f"The front matter says {key!r} twice, at its top and among the settings."
            )
    return found


def _read_risk(data: Mapping[str, Any]) -> str:
    risk = read_text(data, "risk")
    if risk and risk not in RISKS:
        raise PromptSyntaxError(
            f"`risk` in the front matter is {risk[:40]!r}.",
            hint="Write low or high; llmops.toml may only make it stricter.",
        )
    return risk


def _read_pins(data: Mapping[str, Any]) -> dict[str, str]:
    pins = read_mapping(data, "includes")
    for reference, pin in pins.items():
        if not isinstance(pin, str):
            raise PromptSyntaxError(
                f"`includes` pins {reference!r} to a {type(pin).__name__}, not to a reference.",
                hint="Write it as name@sha256:….",
            )
    return pins
