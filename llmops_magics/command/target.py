"""What a target on a line means: a prompt, or a Python function that may be a whole chain.

``support/answer@3`` and everything else with a ``/`` or an ``@`` is a prompt. ``module:function``
is a function, imported; in a notebook ``:function`` is one of the notebook's own. A bare word is
whichever of the two there is. A word that is both is refused: a prompt must never be taken for a
function, or the other way round, because of what else happens to have that name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from llmops_magics.errors import UsageError


def read_target(
    written: str, namespace: Mapping[str, Any], is_prompt: Callable[[str], bool]
) -> str | Callable[..., Any]:
    """Return the reference of a prompt as it stands, or the function that is meant.

    Raises ``UsageError`` for a function that is not there or cannot be called, and for a word that
    names a prompt and a function.
    """
    module, colon, path = written.partition(":")
    if "@" in written or "/" in written:
        return written
    if colon:
        return _callable(written, _imported(module, path) if module else _own(path, namespace))
    name = written.partition(".")[0]
    found = _find(written, namespace) if name in namespace else None
    if not callable(found):
        return written
    if is_prompt(written):
        raise UsageError(
            f"{written!r} is a prompt and a function of this notebook.",
            hint=f"Write {written}@N (or a label) for the prompt, :{written} for the function.",
        )
    return _callable(written, found)


def split_targets(words: Collection[str]) -> list[str]:
    """Return the targets of a line: words, or parts of a word between commas; blanks go."""
    return [part.strip() for word in words for part in word.split(",") if part.strip()]


def _own(path: str, namespace: Mapping[str, Any]) -> Any:
    found = _find(path, namespace)
    if found is None:
        raise UsageError(f"There is no function {path!r} in this notebook.")
    return found


def _find(path: str, namespace: Mapping[str, Any]) -> Any:
    name, *attributes = path.split(".")
    found = namespace.get(name)
    for attribute in attributes:
        found = getattr(found, attribute, None)
    return found


def _imported(module: str, path: str) -> Any:
    """Import ``module`` as ``python -m`` would, and find what it holds.

    The current folder stays on the path: what the function imports when it runs is found there too.
    """
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = import_module(module)
    except ImportError as error:
        raise UsageError(
            f"The module {module!r} cannot be imported: {error}.",
            hint="It is looked for in the current folder and among the installed packages.",
        ) from error
    except Exception as error:  # a module's own code may raise anything
        raise UsageError(
            f"The module {module!r} failed when it was imported: {type(error).__name__}: {error}."
        ) from error
    for attribute in path.split("."):
        found = getattr(found, attribute, None)
    if found is None:
        raise UsageError(f"{module!r} holds no {path!r}.", hint="Write module:function.")
    return found


def _callable(written: str, found: Any) -> Callable[..., Any]:
    if not callable(found):
        raise UsageError(f"{written!r} is a {type(found).__name__}, not a function.")
    function: Callable[..., Any] = found
    return function
