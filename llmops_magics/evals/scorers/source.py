"""Content addresses of scorers: the same code has the same digest in every process."""

from __future__ import annotations

import inspect
import textwrap
from importlib import import_module
from types import CodeType
from typing import Any

from llmops_magics.record import digest

PLAIN = (bool, int, float, str, bytes, type(None))


def digest_function(function: Any) -> str:
    """Digest of a function's source, its defaults and the plain values it closes over.

    Falls back to its bytecode where there is no source. What it calls elsewhere does not count.
    """
    inner = getattr(function, "func", function)  # functools.partial
    if not (inspect.isfunction(inner) or inspect.ismethod(inner)):
        inner = type(inner) if not inspect.isbuiltin(inner) else inner
    return digest(
        {
            "code": _code(inner),
            "values": [
                *_plain(getattr(function, "args", ())),
                *_plain(getattr(function, "keywords", {}).items()),
                *_plain(getattr(inner, "__defaults__", None) or ()),
                *_plain(cell.cell_contents for cell in getattr(inner, "__closure__", None) or ()),
            ],
        }
    )


def digest_modules(*names: str, extra: str = "") -> str:
    """Digest of the source of modules, by their full names, and of ``extra``."""
    sources = [inspect.getsource(import_module(name)) for name in names]
    return digest({"sources": sources, "extra": extra})


def _code(function: Any) -> Any:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return _bytecode(code) if code is not None else repr(type(function))


def _bytecode(code: CodeType) -> list[Any]:
    constants = [
        _bytecode(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return [code.co_code.hex(), list(code.co_names), constants]


def _plain(values: Any) -> list[str]:
    kept = (*PLAIN, tuple)  # an item of a mapping is a tuple
    return [repr(value) for value in values if isinstance(value, kept)]
