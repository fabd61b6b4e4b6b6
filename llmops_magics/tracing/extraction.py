"""See to it that reading the messages of other code's calls breaks none of them.

The instrumentation reads messages before it makes the call and before it hands on the answer, and
what it cannot read it raises at: a tool call in another form would cost the caller the answer. It
also walks what can be walked only once. So its readers are wrapped: what cannot be read is not
recorded, an iterator is left to the call, and where no messages are kept none are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from importlib import import_module
from typing import Any

import wrapt

_PACKAGE = "opentelemetry.instrumentation.genai.openai"
# They are the package's own, and only its releases of one minor version are installed with us.
READERS = (
    ("utils", "_prepare_input_messages"),
    ("utils", "_prepare_tool_definitions"),
    ("patch", "_prepare_output_messages"),
    ("chat_wrappers", "_ChatStreamMixin._set_output_messages"),
    ("response_extractors", "get_system_instruction"),
    ("response_extractors", "get_input_messages"),
    ("response_extractors", "get_tool_definitions"),
    ("response_extractors", "get_output_messages_from_response"),
)


class Extraction:
    """The wrapped readers; ``is_wanted`` says whether messages are kept now."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted
        self._wrapped: list[tuple[Any, str]] = []

    def start(self) -> bool:
        """Wrap the readers; False, and nothing done, if this release has others."""
        try:
            found = [_reader(module, path) for module, path in READERS]
        except (ImportError, AttributeError):
            return False
        for holder, name in found:
            wrapt.wrap_function_wrapper(holder, name, self._read)
        self._wrapped = found
        return True

    def stop(self) -> None:
        """Put the readers back."""
        for holder, name in self._wrapped:
            setattr(holder, name, holder.__dict__[name].__wrapped__)
        self._wrapped = []

    def _read(self, read: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
        if not self._is_wanted() or any(isinstance(each, Iterator) for each in args):
            return []
        try:
            return read(*args, **kwargs)
        except Exception:  # noqa: BLE001 -- other code's call goes on without its messages
            return []


def _reader(module: str, path: str) -> tuple[Any, str]:
    *holders, name = path.split(".")
    holder = reduce(getattr, holders, import_module(f"{_PACKAGE}.{module}"))
    getattr(holder, name)
    return holder, name
