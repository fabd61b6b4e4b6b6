"""Spans: where they come from, what is masked and priced in them, and who writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import ConfigError
from llmops_magics.tracing import semconv
from llmops_magics.workspace.foundation import Foundation

if TYPE_CHECKING:
    from llmops_magics.cost.interceptor import PricingInterceptor
    from llmops_magics.tracing.interceptor import TracingInterceptor
    from llmops_magics.tracing.masking import Masking
    from llmops_magics.tracing.operation import Operations
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.tracing.trace import Span
    from llmops_magics.tracing.writer import SpanWriter
    from llmops_magics.workbench.traces import Traces


class Recording:
    """Each part is made when it is first asked for; ``pricing`` gives what prices calls."""

    def __init__(self, base: Foundation, pricing: Callable[[], PricingInterceptor]) -> None:
        self._base = base
        self._pricing = pricing

    @cached_property
    def tracing(self) -> Tracing:
        """The tracer of this process."""
        from llmops_magics.tracing.pipeline import Tracing

        def mask(span: Span) -> Span:  # what it masks is read when there is something to mask
            return self._masking.span(span)

        return Tracing(self._keep, self._annotate, mask)

    @cached_property
    def spans(self) -> SpanWriter:
        """The writer of finished spans, which a collector may get too."""
        from llmops_magics.tracing.collector import collectors
        from llmops_magics.tracing.writer import SpanWriter

        return SpanWriter(self._base.open_store, self._masking, collectors())

    @cached_property
    def traces(self) -> Traces:
        """The stored traces, and what one does with them."""
        from llmops_magics.workbench.traces import Traces

        return Traces(
            self._base.open_store,
            current_actor,
            flush=self.flush,
            masking=lambda: self._masking,
            annotate=self._annotate,
            keep=lambda: self._base.settings.audit.retention["traces"],
        )

    @property
    def interceptor(self) -> TracingInterceptor:
        """Makes a span of each call."""
        from llmops_magics.tracing.interceptor import TracingInterceptor

        settings = self._base.settings
        return TracingInterceptor(
            self.tracing,
            capture_content=settings.trace.keeps_content,
            is_current=settings.is_guarded,
        )

    def operations(self) -> Operations:
        """Return what makes spans of functions and blocks."""
        from llmops_magics.tracing.operation import Operations

        return Operations(lambda: (self.tracing, self._base.settings.trace.keeps_content))

    @property
    def has_begun(self) -> bool:
        """Whether this process has recorded a span."""
        return "spans" in self.__dict__

    def flush(self) -> None:
        """Write the spans that have ended, if there are any."""
        if self.has_begun:
            self.spans.flush()

    def close(self) -> None:
        """Write what is left."""
        if self.has_begun:
            self.spans.close()

    @cached_property
    def _masking(self) -> Masking:
        from llmops_magics.tracing.masking import Masking

        trace = self._base.settings.trace
        with_content = trace.capture not in ("none", "metadata")
        return Masking(trace.redact, trace.patterns, with_content=with_content)

    def _keep(self, span: Span) -> None:
        """Hand a span to the writer, which brings SQLAlchemy: not before there is one."""
        if self._is_stored:
            self.spans.put(span)

    @cached_property
    def _is_stored(self) -> bool:
        try:
            return self._base.settings.trace.capture != "none"
        except ConfigError:  # what is wrong is said where it matters, not by a span that ends
            return False

    def _annotate(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Price other code's calls; ours are priced before their span ends."""
        if semconv.OPERATION not in attributes or semconv.PURPOSE in attributes:
            return {}
        return self._pricing().annotate(attributes)
