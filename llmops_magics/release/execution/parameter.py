"""Parameters of a gold notebook: from the text of the command line, held against the defaults.

Values are read as YAML scalars and lists, so ``-p n=5`` is a number and ``-p tags=[a,b]`` a list.
Two traps of YAML 1.1 are closed: only true and false are booleans (not ``no`` or ``on``), and a
date stays text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from llmops_magics.config.yaml_limit import refuse_surprises
from llmops_magics.errors import GateUsageError


class _Unknown:
    """The default of a parameter that is computed, not written down."""

    def __repr__(self) -> str:
        return "(computed)"


UNKNOWN: Final = _Unknown()
MAX_FILE_BYTES = 1024 * 1024


def parse_parameter(text: str) -> tuple[str, Any]:
    """Read ``name=value``; ``GateUsageError`` when it has no ``=`` or no readable value."""
    name, equals, written = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise GateUsageError(f"{text!r} is no parameter.", hint="Write it as -p name=value.")
    return name, _read_value(name, written)


def read_parameters(path: str | Path) -> dict[str, Any]:
    """Read a file of parameters, a YAML or JSON mapping; ``GateUsageError`` for what is none."""
    import yaml

    try:
        with Path(path).open("rb") as file:
            written = file.read(MAX_FILE_BYTES).decode("utf-8")
        refuse_surprises(written)
        body = yaml.load(written, Loader=_loader())  # noqa: S506 -- a subclass of the safe one
    except OSError as error:
        raise GateUsageError(f"The file {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = str(error).splitlines()[0]
        raise GateUsageError(f"The parameters of {path} cannot be read: {line}.") from error
    if body is None:
        return {}
    if not isinstance(body, dict) or not all(isinstance(name, str) for name in body):
        raise GateUsageError(
            f"{path} holds no parameters.", hint="Write one a line, as name: value."
        )
    for name, value in body.items():
        if isinstance(value, dict):
            raise GateUsageError(f"The parameter {name!r} of {path} is a mapping.")
    return body


def shared(
    parameters: Mapping[str, Any], known: Sequence[Sequence[str]]
) -> tuple[dict[str, Any], ...]:
    """Return which parameters each of several notebooks gets: those that it has.

    ``known`` are the names of each notebook. ``GateUsageError`` for one that none of them has.
    """
    everywhere = {name for names in known for name in names}
    unknown = [name for name in parameters if name not in everywhere]
    if unknown:
        raise GateUsageError(
            f"None of the notebooks has a parameter {unknown[0]!r}.",
            hint=f"They have: {', '.join(sorted(everywhere)) or 'none'}.",
        )
    return tuple({n: v for n, v in parameters.items() if n in set(names)} for names in known)


def check_value(name: str, value: Any, default: Any) -> None:
    """Raise ``GateUsageError`` when a value cannot stand where the default stood."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise GateUsageError(f"The parameter {name!r} cannot be recorded: {error}.") from error
    if default is UNKNOWN or default is None or _fits(value, default):
        return
    hint = f"Its default is {default!r}."
    if isinstance(default, str):
        hint += f" Quote it to give text: -p '{name}=\"{value}\"'."
    raise GateUsageError(
        f"The parameter {name!r} is {_kind(default)}, and {value!r} is {_kind(value)}.", hint=hint
    )


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, tuple | list):
        return isinstance(value, tuple | list)
    return isinstance(value, type(default))


def _kind(value: Any) -> str:
    kinds = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        tuple: "a list",
        type(None): "nothing",
    }
    return kinds.get(type(value), f"a {type(value).__name__}")


def _read_value(name: str, written: str) -> Any:
    import yaml

    if not written.strip():
        return ""
    try:
        refuse_surprises(written)
        value = yaml.load(written, Loader=_loader())  # noqa: S506 -- a subclass of the safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = str(error).splitlines()[0]
        raise GateUsageError(
            f"The value of the parameter {name!r} cannot be read: {line}.",
            hint="Quote text that holds [ ] { } : or #.",
        ) from error
    if isinstance(value, dict):
        raise GateUsageError(
            f"The value of the parameter {name!r} is a mapping.",
            hint="A parameter is text, a number, true or false, or a list; quote text with ': '.",
        )
    return value


def _loader() -> Any:
    """Return YAML's safe loader without dates, and with YAML 1.2's booleans."""
    import re

    import yaml

    class Loader(yaml.SafeLoader):
        """Reads scalars as YAML 1.2 does."""

    dropped = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    Loader.yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in resolvers if tag not in dropped]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:bool",
        re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
        list("tTfF"),
    )
    return Loader
