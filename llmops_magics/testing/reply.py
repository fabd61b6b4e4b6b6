"""What the endpoint sends back for one call, failures included.

A reply is plain data: it can be shared between calls, and the same reply always looks the same.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.testing.template import compile_template, render_template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_magics.testing.call import Call

USAGE_PAIR = 2


@dataclass(frozen=True)
class Reply:
    """One scripted reply. ``Reply("Paris")`` is a complete chat completion that says Paris.

    - ``text``: the assistant's message.
    - ``status``: the HTTP status, 200 to 599; from 400 on the body is an OpenAI error object.
    - ``latency_ms``: time from the request's arrival to the first byte; ``chunk_latency_ms``:
      time before each further event of a stream.
    - ``headers``: added to the response's headers, or put in their place.
    - ``body``: sent in place of the JSON, whatever it is; of a stream, the data of its one event.
    - ``usage``: tokens ``(in, out)``, or the usage object itself, where an empty one means that
      no usage is reported. ``None``: the words of the prompt and of the answer are counted.
    - ``finish_reason``: ``None`` stands for ``tool_calls`` if there are any, else for ``stop``.
    - ``cut_after``: drop the connection after so many events of a stream (the first one carries
      only the role), else after so many bytes of the body. Past the end, nothing is cut.
    - ``error_message``: the message of the error object.
    - ``model``: the model that the answer names; ``None``: the one that was asked for.
    - ``system_fingerprint``: the one the answer names; "": the mark of a scripted answer, which
      the completion's id bears all the same.
    - ``tool_calls``: ``{"name": ..., "arguments": ...}`` each, arguments being an object or raw
      text (which may then be no JSON), with ``id`` if it matters.
    - ``disconnect``: drop the connection without a single byte of response.
    - ``templated``: ``text`` is a Jinja template; see ``Reply.template``.
    """

    text: str = ""
    _: KW_ONLY
    status: int = 200
    latency_ms: float = 0.0
    chunk_latency_ms: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    usage: tuple[int, int] | Mapping[str, Any] | None = None
    finish_reason: str | None = None
    cut_after: int | None = None
    error_message: str = ""
    model: str | None = None
    system_fingerprint: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    disconnect: bool = False
    templated: bool = False

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise UsageError(f"status is {self.status}.", hint="Give 200 to 599.")
        for name in ("latency_ms", "chunk_latency_ms", "cut_after"):
            if (getattr(self, name) or 0) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}.", hint="Give 0 or more.")
        if isinstance(self.usage, tuple) and len(self.usage) != USAGE_PAIR:
            raise UsageError(f"usage is {self.usage}.", hint="Give (tokens in, tokens out).")
        if self.templated:
            compile_template(self.text)

    @classmethod
    def template(cls, source: str, **fields: Any) -> Reply:
        """Answer with a Jinja template, rendered in a sandbox for each call.

        It may use ``user`` (text of the last user message), ``system`` (text of the first system
        message), ``messages``, ``model`` and ``n`` (the call's number, from 1). Raises
        ``PromptSyntaxError`` here and now if it does not parse.
        """
        return cls(source, templated=True, **fields)

    @classmethod
    def error(cls, status: int = 500, message: str = "", **fields: Any) -> Reply:
        """Refuse or fail: an OpenAI error object under a status from 400 on."""
        return cls(status=status, error_message=message or f"Scripted error {status}.", **fields)

    @classmethod
    def rate_limited(cls, retry_after_s: float = 1.0, **fields: Any) -> Reply:
        """Answer 429 with ``Retry-After`` in seconds; fractions keep tests short."""
        headers = {"Retry-After": f"{retry_after_s:g}", **fields.pop("headers", {})}
        message = fields.pop("message", "Rate limit reached.")
        return cls.error(429, message, headers=headers, **fields)

    @classmethod
    def malformed(cls, body: str | bytes = '{"id": "chatcmpl-1", "choi', **fields: Any) -> Reply:
        """Answer 200 with a body that says it is JSON and is not."""
        return cls(body=body, **fields)

    def render(self, call: Call) -> Reply:
        """Return the reply to ``call`` itself: a template's text is rendered, the rest stays."""
        if not self.templated:
            return self
        return replace(self, text=render_template(self.text, call), templated=False)

    @property
    def why_finished(self) -> str:
        """The finish reason to send."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")
