"""Read YAML that may come from anybody: plain data, of bounded size and depth, no aliases.

An alias makes a few lines stand for gigabytes, so a document with one is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from llmops_magics.config.yaml_limit import YamlAliasError, refuse_surprises
from llmops_magics.errors import GuardError

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_DEPTH: Final = 40


def read_bounded(path: Path, limit: int = MAX_BYTES) -> str:
    """Return a file's text; raises ``GuardError`` where it is too long or cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise GuardError(f"{path.name} is larger than {limit // 2**20} MB.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise GuardError(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise GuardError(f"{path.name} is no UTF-8 text.") from error


def parse_yaml(text: str, name: str) -> Any:
    """Return the plain data in a YAML text; raises ``GuardError`` for what is none."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        refuse_surprises(text, max_depth=MAX_DEPTH)
        return yaml.load(text, base)  # noqa: S506 -- a safe loader, libyaml's where it is there
    except YamlAliasError as error:
        hint = "Write out what it stands for."
        raise GuardError(f"{name} has a YAML alias.", hint=hint) from error
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise GuardError(f"{name}{line} is no YAML.") from error
    except (ValueError, RecursionError) as error:
        raise GuardError(f"{name} cannot be read as YAML: {error}.") from error
