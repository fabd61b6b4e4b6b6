"""Trace other code's ``openai`` calls, with no change to that code.

The instrumentation is installed when ``openai`` is imported, at once if it is already. Our own
calls do not pass through what it wraps (``models.transport``), so no call is recorded twice. Each
call goes to the tracing that is the right one when it begins, and nowhere else: an application's
own providers of traces, metrics and logs get nothing from it. One that somebody else installed
stays as it is, and what it records is theirs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import wrapt

from llmops_magics.tracing.extraction import Extraction
from llmops_magics.tracing.pipeline import Tracing
from llmops_magics.tracing.stream_usage import StreamUsage


class OpenAIInstrumentation:
    """Installed with ``start``, undone with ``stop``.

    ``find`` gives the tracing of now, and whether it keeps messages; it must not fail.
    """

    def __init__(self, find: Callable[[], tuple[Tracing, bool]]) -> None:
        self._find = find
        self._wanted = False
        self._hooked = False
        self._installed = False
        self._usage = StreamUsage()
        self._extraction = Extraction(lambda: find()[1])

    def start(self) -> None:
        """Instrument ``openai``, now or when it comes."""
        self._wanted = True
        if "openai" in sys.modules:
            self._install(None)
        elif not self._hooked:
            self._hooked = True
            wrapt.register_post_import_hook(self._install, "openai")

    def stop(self) -> None:
        """Take the instrumentation out again; one that someone else installed stays."""
        self._wanted = False
        if self._installed:
            self._usage.stop()
            _instrumentor().uninstrument()
            self._extraction.stop()
            self._installed = False

    def _install(self, _module: Any) -> None:
        if self._wanted and not _instrumentor().is_instrumented_by_opentelemetry:
            self._instrument()
            self._usage.start()
            self._installed = True

    def _instrument(self) -> None:
        from opentelemetry._logs import NoOpLoggerProvider
        from opentelemetry.metrics import NoOpMeterProvider

        from llmops_magics.tracing.completion import Completions

        calls = Completions(self._find)
        _instrumentor().instrument(
            tracer_provider=calls,
            meter_provider=NoOpMeterProvider(),
            logger_provider=NoOpLoggerProvider(),
            completion_hook=calls if self._extraction.start() else None,
        )


def _instrumentor() -> Any:
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    return OpenAIInstrumentor()
