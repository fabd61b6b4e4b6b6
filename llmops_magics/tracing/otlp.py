"""Spans as OTLP JSON (``resourceSpans``), read and written.

The form is that of OpenTelemetry's collector, one request a file or one a line (JSONL). What other
instrumentations call otherwise is taken under the names of the GenAI conventions where that is
plain; every other attribute is kept as it came.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llmops_magics.errors import UsageError
from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import Span

_HEX = re.compile(r"[0-9a-fA-F]+")
_LATEST_NS = 2**63 - 1
_OLDER_NAMES = {
    "gen_ai.system": semconv.PROVIDER,
    "gen_ai.usage.prompt_tokens": semconv.INPUT_TOKENS,
    "gen_ai.usage.completion_tokens": semconv.OUTPUT_TOKENS,
    "llm.model_name": semconv.REQUEST_MODEL,
    "llm.provider": semconv.PROVIDER,
    "llm.token_count.prompt": semconv.INPUT_TOKENS,
    "llm.token_count.completion": semconv.OUTPUT_TOKENS,
}
_RESOURCE = ("service.name", "service.version", "deployment.environment.name")
_EXPORTED_SCOPE = "llmops_magics"
_WRONG = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def read_otlp(text: str) -> Iterator[Span]:
    """Yield the spans of OTLP JSON, whole or a request a line.

    Raises ``UsageError`` naming what is none.
    """
    for number, request in _requests(text):
        try:
            for resource in _list(request, "resourceSpans", "resource_spans"):
                about = _attributes(resource.get("resource", {}).get("attributes"))
                shared = {name: about[name] for name in _RESOURCE if name in about}
                for scope in _list(resource, "scopeSpans", "scope_spans"):
                    for span in _list(scope, "spans"):
                        yield _span(span, shared)
        except _WRONG as error:
            where = f"line {number}" if number else "the file"
            raise UsageError(
                f"{where} holds a span that is none of OTLP: {str(error)[:120]}.",
                hint="Export it as OTLP JSON: the collector's file exporter writes that.",
            ) from error


def write_otlp(spans: Iterable[Span]) -> dict[str, Any]:
    """Return one request with these spans."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [_pair("service.name", _EXPORTED_SCOPE)]},
                "scopeSpans": [
                    {"scope": {"name": _EXPORTED_SCOPE}, "spans": [_exported(s) for s in spans]}
                ],
            }
        ]
    }


def _requests(text: str) -> Iterator[tuple[int, Any]]:
    stripped = text.strip()
    if not stripped:
        return
    try:
        whole = json.loads(stripped)
    except (ValueError, RecursionError):
        whole = None
    if whole is not None:
        for request in whole if isinstance(whole, list) else (whole,):
            yield 0, _checked(request, "the file")
        return
    for number, line in enumerate(stripped.split("\n"), 1):
        if line.strip():
            try:
                yield number, _checked(json.loads(line), f"line {number}")
            except (ValueError, RecursionError) as error:
                raise UsageError(f"line {number} is not valid JSON: {str(error)[:120]}.") from None


def _checked(request: Any, where: str) -> Any:
    if not isinstance(request, dict) or not {"resourceSpans", "resource_spans"} & request.keys():
        raise UsageError(f"{where} has no resourceSpans.", hint="OTLP JSON begins with that key.")
    return request


def _list(holder: Mapping[str, Any], *names: str) -> Sequence[Any]:
    found: Any = next((holder[name] for name in names if holder.get(name)), [])
    if not isinstance(found, list):
        raise TypeError(f"{names[0]} is no list")
    return found


def _span(span: Mapping[str, Any], shared: Mapping[str, Any]) -> Span:
    started, ended = _nanoseconds(span, "startTimeUnixNano"), _nanoseconds(span, "endTimeUnixNano")
    status = span.get("status") or {}
    failed = status.get("code") in (2, "2", "STATUS_CODE_ERROR")
    attributes = {**shared, **_attributes(span.get("attributes"))}
    for event in span.get("events") or ():
        _take_event(attributes, _attributes(event.get("attributes")))
    for older, name in _OLDER_NAMES.items():
        if older in attributes:
            attributes.setdefault(name, attributes.pop(older))
    if failed and status.get("message"):
        attributes.setdefault(semconv.ERROR_MESSAGE, str(status["message"]))
    return Span(
        trace_id=_id(span["traceId"], 32),
        span_id=_id(span["spanId"], 16),
        parent_id=_id(span["parentSpanId"], 16) if _has_parent(span) else None,
        name=str(span.get("name") or ""),
        started_ns=started,
        duration_ms=max(0, ended - started) / 1e6 if ended else 0.0,
        status="error" if failed else "ok",
        attributes=attributes,
    )


def _has_parent(span: Mapping[str, Any]) -> bool:
    return bool(str(span.get("parentSpanId") or "").strip("0"))


def _take_event(attributes: dict[str, Any], event: Mapping[str, Any]) -> None:
    """Take messages and errors out of a span's event, where some instrumentations put them."""
    for name in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES):
        if name in event:
            attributes.setdefault(name, event[name])
    if "exception.type" in event:
        attributes.setdefault(semconv.ERROR_TYPE, event["exception.type"])
        attributes.setdefault(semconv.ERROR_MESSAGE, str(event.get("exception.message") or ""))


def _nanoseconds(span: Mapping[str, Any], name: str) -> int:
    value = int(span.get(name) or 0)
    if not 0 <= value <= _LATEST_NS:
        raise ValueError(f"{name} is {value}")
    return value


def _id(value: Any, digits: int) -> str:
    """Read an id: hexadecimal as OTLP has it, or base64 as plain protobuf JSON has it."""
    text = str(value)
    if len(text) == digits and _HEX.fullmatch(text):
        return text.lower()
    try:
        found = base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        found = ""
    if len(found) != digits:
        raise ValueError(f"{text[:40]!r} is no id of {digits} hexadecimal digits")
    return found


def _attributes(pairs: Any) -> dict[str, Any]:
    return {str(pair["key"]): _value(pair.get("value")) for pair in pairs or ()}


def _value(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "intValue":
        return int(inner)
    if kind == "doubleValue":
        return float(inner)
    if kind == "arrayValue":
        return [_value(each) for each in inner.get("values") or ()]
    if kind == "kvlistValue":
        return _attributes(inner.get("values"))
    return inner


def _exported(span: Span) -> dict[str, Any]:
    ended = span.started_ns + round(span.duration_ms * 1e6)
    message = span.attributes.get(semconv.ERROR_MESSAGE)
    status: dict[str, Any] = {"code": 2} if span.status == "error" else {}
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent_id} if span.parent_id else {}),
        "name": span.name,
        "kind": 3 if span.attributes.get(semconv.OPERATION) in semconv.MODEL_OPERATIONS else 1,
        "startTimeUnixNano": str(span.started_ns),
        "endTimeUnixNano": str(ended),
        "attributes": [_pair(name, value) for name, value in span.attributes.items()],
        "status": status | ({"message": str(message)} if status and message else {}),
    }


def _pair(name: str, value: Any) -> dict[str, Any]:
    return {"key": name, "value": _any(value)}


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_any(each) for each in value]}}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": [_pair(str(k), v) for k, v in value.items()]}}
    return {} if value is None else {"stringValue": str(value)}
