"""Trace other code's ``openai`` calls, with no change to that code.

The instrumentation is installed when ``openai`` is imported, at once if it is already. Our own
calls do not pass through what it wraps (``models.transport``), so no call is recorded twice.
"""

from __future__ import annotations

import sys
from typing import Any

import wrapt
from opentelemetry.sdk.trace import TracerProvider

from llmops_magics.tracing.stream_usage import StreamUsage


class OpenAIInstrumentation:
    """Installed with ``start``, undone with ``stop``."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._wanted = False
        self._hooked = False
        self._installed = False
        self._usage = StreamUsage()

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
            self._installed = False

    def _install(self, _module: Any) -> None:
        if self._wanted and not _instrumentor().is_instrumented_by_opentelemetry:
            _instrumentor().instrument(tracer_provider=self._provider)
            self._usage.start()
            self._installed = True


def _instrumentor() -> Any:
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    return OpenAIInstrumentor()
