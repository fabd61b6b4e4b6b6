"""What went wrong in a span, as one of a few classes that can be counted.

A class is told from attributes alone: the finish reason, the error's type and text, the status an
endpoint answered with. A span that went well has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from llmops_magics.tracing import semconv

TIMEOUT: Final = "timeout"
RATE_LIMIT: Final = "rate_limit"
CONTENT_FILTER: Final = "content_filter"
MALFORMED_OUTPUT: Final = "malformed_output"
REFUSAL: Final = "refusal"
TRUNCATED: Final = "truncated"
EMPTY_RETRIEVAL: Final = "empty_retrieval"
TOOL_ERROR: Final = "tool_error"
OTHER_ERROR: Final = "other_error"
FAILURES: Final = (
    TIMEOUT,
    RATE_LIMIT,
    CONTENT_FILTER,
    MALFORMED_OUTPUT,
    REFUSAL,
    TRUNCATED,
    EMPTY_RETRIEVAL,
    TOOL_ERROR,
    OTHER_ERROR,
)

# What refuses a call before it is sent: a budget, a spending cap, or a policy on what goes in.
NEVER_SENT: Final = frozenset({"BlockedError", "BudgetExceededError", "CostCapError"})

# What the error's type, or failing that its text, says; the first that fits counts.
_ERRORS = (
    (RATE_LIMIT, re.compile(r"rate.?limit|too.?many.?requests|\b429\b|quota", re.IGNORECASE)),
    (TIMEOUT, re.compile(r"time.?d?.?out|deadline|\b(?:408|504)\b", re.IGNORECASE)),
    (CONTENT_FILTER, re.compile(r"content.?(?:filter|policy)|moderation", re.IGNORECASE)),
    (
        MALFORMED_OUTPUT,
        re.compile(
            r"bad.?response|json.?decode|json.?schema|parse|output.?validation|pydantic",
            re.IGNORECASE,
        ),
    ),
)
_FINISHES = {
    "length": TRUNCATED,
    "max_tokens": TRUNCATED,
    "max_output_tokens": TRUNCATED,
    "content_filter": CONTENT_FILTER,
    "safety": CONTENT_FILTER,
    "refusal": REFUSAL,
    "malformed_function_call": MALFORMED_OUTPUT,
}


def failure_of(status: str, attributes: Mapping[str, Any]) -> str | None:
    """Return the class of a span's failure, None for one that went well.

    ``status`` is "ok" or "error". An answer that was cut, filtered or refused is a failure though
    no error was raised, and so is a retrieval that found nothing.
    """
    if status == "error":
        return _of_error(attributes)
    operation = attributes.get(semconv.OPERATION)
    if operation in semconv.MODEL_OPERATIONS:
        return _of_answer(attributes)
    if operation == semconv.RETRIEVAL and _is_empty(attributes):
        return EMPTY_RETRIEVAL
    return None


def _of_error(attributes: Mapping[str, Any]) -> str:
    if attributes.get(semconv.OPERATION) == semconv.EXECUTE_TOOL:
        return TOOL_ERROR
    kind = str(attributes.get(semconv.ERROR_TYPE) or "")
    message = str(attributes.get(semconv.ERROR_MESSAGE) or "")[:500]
    for said in (kind, message):
        for failure, pattern in _ERRORS:
            if pattern.search(said):
                return failure
    return OTHER_ERROR


def _of_answer(attributes: Mapping[str, Any]) -> str | None:
    reasons = attributes.get(semconv.FINISH_REASONS)
    if isinstance(reasons, str):
        reasons = (reasons,)
    for reason in reasons if isinstance(reasons, list | tuple) else ():
        if (found := _FINISHES.get(str(reason).lower())) is not None:
            return found
    answer = attributes.get(semconv.OUTPUT_MESSAGES)
    if isinstance(answer, str) and '"refusal"' in answer:
        return REFUSAL
    return None


def _is_empty(attributes: Mapping[str, Any]) -> bool:
    """Tell whether a retrieval says that it found nothing; one that says nothing has not failed."""
    found = attributes.get(semconv.RETRIEVED)
    if isinstance(found, int) and not isinstance(found, bool):
        return found == 0
    documents = attributes.get(semconv.RETRIEVAL_DOCUMENTS)
    if isinstance(documents, str):
        try:
            documents = json.loads(documents)
        except ValueError:
            return False
    return isinstance(documents, list | tuple) and not documents
