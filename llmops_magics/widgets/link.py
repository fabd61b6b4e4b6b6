"""A widget that answers its browser part's questions: one message in, one message out.

What the browser shows is asked for piece by piece. None of it is widget state, so a saved notebook
holds none of it, and a run of any size costs the browser a window of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from llmops_magics.errors import LlmopsError
from llmops_magics.widgets import front

Reply = tuple[dict[str, Any], list[bytes]]
Handler = Callable[[Mapping[str, Any]], "dict[str, Any] | Reply"]


class LinkedWidget(anywidget.AnyWidget):
    """The base of our widgets: ``handlers`` by the kind of question."""

    _css = traitlets.Unicode(front.sheet()).tag(sync=True)

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        super().__init__()
        self._handlers = dict(handlers)
        self.on_msg(self._receive)

    def answer(self, content: Any) -> Reply:
        """Return what a question of the browser is answered with; an error is an answer too."""
        if not isinstance(content, Mapping):
            return {"error": "no question"}, []
        handler = self._handlers.get(str(content.get("kind")))
        if handler is None:
            return {"error": f"unknown question {str(content.get('kind'))[:40]!r}"}, []
        try:
            reply = handler(content)
        except LlmopsError as error:
            return {"error": str(error)}, []
        return reply if isinstance(reply, tuple) else (reply, [])

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        reply, buffers = self.answer(content)
        number = content.get("id") if isinstance(content, Mapping) else None
        self.send({**reply, "id": number}, buffers)


def whole(content: Mapping[str, Any], name: str, most: int) -> int:
    """Return a whole number of a question, between 0 and ``most``; 0 where it is none."""
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), most)
