"""Secrets and personal data, found by pattern and masked before anything is written.

Every pattern is linear on hostile input (bounded repeats, no nested quantifiers) and specific:
a mask in the wrong place costs evidence. The guard layer adds models to this; these patterns are
always on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """Where something sensitive stands in a text."""

    kind: str
    start: int
    end: int


class _Pattern(NamedTuple):
    kind: str
    regex: re.Pattern[str]
    accept: Callable[[str], bool] = lambda _: True


def _luhn(text: str) -> bool:
    """Check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return len(digits) >= 13 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Check digits of bank accounts (ISO 13616, modulo 97)."""
    compact = text.replace(" ", "")
    rotated = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in rotated)) % 97 == 1


def _real_ssn(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _secret(kind: str, regex: str, accept: Callable[[str], bool] = lambda _: True) -> _Pattern:
    return _Pattern(kind, re.compile(regex), accept)


_SECRETS = (
    _secret(
        "private-key",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    ),
    _secret("anthropic-key", r"\bsk-ant-[A-Za-z0-9_-]{20,200}"),
    # CSS classes such as sk-toggleable__label-arrow hold no digit; a key always does.
    _secret("openai-key", r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}", _has_digit),
    _secret("huggingface-token", r"\bhf_[A-Za-z0-9]{30,60}\b"),
    _secret("aws-key-id", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    _secret("google-key", r"\bAIza[A-Za-z0-9_-]{35}"),
    _secret("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{50,100})"),
    _secret("gitlab-token", r"\bglpat-[A-Za-z0-9_-]{20,60}"),
    _secret("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,200}"),
    _secret("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,120}"),
    _secret("databricks-token", r"\bdapi[a-f0-9]{32}\b"),
    _secret("jwt", r"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{5,4000}\.[\w-]{10,1000}"),
    _secret("url-password", r"(?<=://)[^\s:/@]{1,80}:[^\s:/@]{1,80}(?=@)"),
    _secret("bearer-token", r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{20,500}"),
)
_EMAIL = r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_PHONE = r"(?<![\w.])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b"
_PERSONAL = (
    _Pattern("email", re.compile(_EMAIL)),
    _Pattern("iban", re.compile(_IBAN), _iban),
    _Pattern("card", re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), _luhn),
    _Pattern("ssn", re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), _real_ssn),
    _Pattern("phone", re.compile(_PHONE)),
)


# Most texts hold nothing: a look for what every pattern needs spares them twenty searches. Finding
# a fixed text is ten times as quick as an alternation.
_MARKS = (
    *("@", "+", "://", "sk-", "k_live", "k_test", "hf_", "eyJ", "xox", "PRIVATE", "AIza", "AKIA"),
    *("ASIA", "ABIA", "ACCA", "dapi", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat"),
    "glpat-",
)
_DIGITS = re.compile(r"\d(?:[ -]?\d[ -]?\d|(?<=[A-Z]{2}\d)\d)")


def _is_suspicious(text: str) -> bool:
    for mark in _MARKS:
        if mark in text:
            return True
    return "bearer " in text.lower() or _DIGITS.search(text) is not None


_WORD = re.compile(r"[^\W_]{3,}")


def find_secrets(text: str) -> list[Finding]:
    """Credentials in a text, in order."""
    return _find(text, _SECRETS)


def find_sensitive(text: str) -> list[Finding]:
    """Credentials and personal data in a text, in order."""
    return _find(text, _SECRETS + _PERSONAL)


def _find(text: str, patterns: tuple[_Pattern, ...]) -> list[Finding]:
    found = [
        Finding(p.kind, m.start(), m.end())
        for p in patterns
        for m in p.regex.finditer(text)
        if p.accept(m.group())
    ]
    return sorted(found, key=lambda f: (f.start, -f.end))


def redact(text: str) -> str:
    """Mask what is sensitive: ``key sk-…`` becomes ``key [openai-key]``.

    The earliest finding wins where two overlap. Text without any is returned as it is.
    """
    if not _is_suspicious(text):
        return text
    pieces, position = [], 0
    for finding in find_sensitive(text):
        if finding.start < position:
            continue
        pieces += [text[position : finding.start], f"[{finding.kind}]"]
        position = finding.end
    return "".join([*pieces, text[position:]]) if pieces else text


def sensitive_words(value: Any) -> frozenset[str]:
    """Return the words that masked parts of a JSON-able value are made of, in lower case.

    A text about another one may repeat a part of what is masked there, which alone looks harmless.
    """
    if isinstance(value, str):
        found = find_sensitive(value) if _is_suspicious(value) else []
        parts = (value[finding.start : finding.end] for finding in found)
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
