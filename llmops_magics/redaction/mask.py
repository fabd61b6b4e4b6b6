"""Mask what the patterns find, in texts and in everything that is made of texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from llmops_magics.redaction.pattern import Finding, Search
from llmops_magics.redaction.personal import PERSONAL
from llmops_magics.redaction.secret import SECRETS

_ALL = Search(SECRETS + PERSONAL)
_CREDENTIALS = Search(SECRETS)
_PERSONAL = Search(PERSONAL)
_WORD = re.compile(r"[^\W_]{3,}")


def find_secrets(text: str) -> list[Finding]:
    """Credentials in a text, in order."""
    return _CREDENTIALS.find(text)


def find_personal(text: str) -> list[Finding]:
    """Personal data in a text, in order."""
    return _PERSONAL.find(text)


def find_sensitive(text: str) -> list[Finding]:
    """Credentials and personal data in a text, in order."""
    return _ALL.find(text)


def redact(text: str) -> str:
    """Mask what is sensitive: ``key sk-…`` becomes ``key [openai-key]``.

    Findings that overlap are masked as one, by the name of the first. Text without any is returned
    as it is.
    """
    pieces, position = [], 0
    for finding in find_sensitive(text):
        if finding.start < position:
            position = max(position, finding.end)
            continue
        pieces += [text[position : finding.start], f"[{finding.kind}]"]
        position = finding.end
    return "".join([*pieces, text[position:]]) if pieces else text


def sensitive_words(value: Any) -> frozenset[str]:
    """Return the words that masked parts of a JSON-able value are made of, in lower case.

    A text about another one may repeat a part of what is masked there, which alone looks harmless.
    """
    if isinstance(value, str):
        parts = (value[finding.start : finding.end] for finding in find_sensitive(value))
        return frozenset(word.lower() for part in parts for word in _WORD.findall(part))
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return frozenset[str]().union(*map(sensitive_words, value))
    return frozenset()


def redact_words(text: str, words: Collection[str]) -> str:
    """Mask what is sensitive, and these words wherever they stand."""
    masked = redact(text)
    if not words:
        return masked
    return _WORD.sub(lambda m: "[masked]" if m.group().lower() in words else m.group(), masked)


def redact_value(value: Any) -> Any:
    """``redact`` for every text in a JSON-able value, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(k)): redact_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(v) for v in value]
    return value
