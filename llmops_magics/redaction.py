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
    """What to look for, and what must be there for it to be found at all.

    ``sign`` is a short text, looked for in one of the places that ``_places`` gives; beside it the
    text itself holds one of ``marks``, if there are any.
    """

    kind: str
    regex: re.Pattern[str]
    sign: str
    marks: tuple[str, ...] = ()
    accept: Callable[[str], bool] = lambda _: True
    place: int = 0


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


# Places where a sign may stand.
_TEXT, _SMALL, _OUTLINE = 0, 1, 2


def _pattern(
    kind: str,
    sign: str,
    regex: str,
    *,
    marks: str = "",
    accept: Callable[[str], bool] = lambda _: True,
    place: int = _TEXT,
) -> _Pattern:
    return _Pattern(kind, re.compile(regex), sign, tuple(marks.split()), accept, place)


_SECRETS = (
    _pattern(
        "private-key",
        "-",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
        marks="PRIVATE",
    ),
    _pattern("anthropic-key", "-", r"\bsk-ant-[A-Za-z0-9_-]{20,200}", marks="sk-ant-"),
    # CSS classes such as sk-toggleable__label-arrow hold no digit; a key always does.
    _pattern(
        "openai-key",
        "-",
        r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}",
        marks="sk-",
        accept=_has_digit,
    ),
    _pattern("huggingface-token", "_", r"\bhf_[A-Za-z0-9]{30,60}\b", marks="hf_"),
    _pattern(
        "aws-key-id",
        "AAAA",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
        marks="AKIA ASIA ABIA ACCA",
        place=_OUTLINE,
    ),
    _pattern("google-key", "z", r"\bAIza[A-Za-z0-9_-]{35}", marks="AIza"),
    _pattern(
        "github-token",
        "_",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{50,100})",
        marks="ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    ),
    _pattern("gitlab-token", "-", r"\bglpat-[A-Za-z0-9_-]{20,60}", marks="glpat-"),
    _pattern("slack-token", "-", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,200}", marks="xox"),
    _pattern(
        "stripe-key", "_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,120}", marks="k_live_ k_test_"
    ),
    _pattern("databricks-token", "dapi", r"\bdapi[a-f0-9]{32}\b"),
    _pattern(
        "jwt",
        "J",
        r"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{5,4000}\.[\w-]{10,1000}",
        marks=".eyJ",
    ),
    _pattern("url-password", "@", r"(?<=://)[^\s:/@]{1,80}:[^\s:/@]{1,80}(?=@)", marks="://"),
    _pattern("bearer-token", "bearer ", r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{20,500}", place=_SMALL),
)
_EMAIL = r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_CARD = r"\b\d(?:[ -]?\d){12,18}\b"
_PHONE = r"(?<![\w.])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b"
_PERSONAL = (
    _pattern("email", "@", _EMAIL),
    _pattern("iban", "AA00", _IBAN, accept=_iban, place=_OUTLINE),
    _pattern("card", "0" * 13, _CARD, accept=_luhn, place=_OUTLINE),
    _pattern("ssn", "0" * 9, r"\b\d{3}-\d{2}-\d{4}\b", accept=_real_ssn, place=_OUTLINE),
    _pattern("phone", "+", _PHONE),
)


class _Search:
    """Looks for patterns in texts. Most hold nothing, which a look for the signs tells.

    Finding a fixed text is ten times as quick as an alternation, and as a regular expression.
    """

    def __init__(self, patterns: tuple[_Pattern, ...]) -> None:
        signs = dict.fromkeys((p.place, p.sign) for p in patterns)
        ranked = list(enumerate(patterns))
        self._groups = [
            (place, sign, [(r, p) for r, p in ranked if (p.place, p.sign) == (place, sign)])
            for place, sign in signs
        ]

    def find(self, text: str) -> list[Finding]:
        """Return what is found, in order; of two that begin at once the longer one first."""
        found = [
            Finding(p.kind, m.start(), m.end())
            for p in self._possible(text)
            for m in p.regex.finditer(text)
            if p.accept(m.group())
        ]
        return sorted(found, key=lambda f: (f.start, -f.end))

    def _possible(self, text: str) -> list[_Pattern]:
        """Return the patterns that may stand in a text, in the order of their definition."""
        places = (text, text.lower(), _outline(text))
        possible = []
        for place, sign, patterns in self._groups:
            if sign in places[place]:
                possible += [
                    (rank, pattern)
                    for rank, pattern in patterns
                    if not pattern.marks or any(mark in text for mark in pattern.marks)
                ]
        return [pattern for _, pattern in sorted(possible)] if possible else []


_SHAPES = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"A" * 26)
_ASCII = bytes(range(128))
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


def _outline(text: str) -> str:
    """Return a text with 0 for digits, A for capitals, and neither " " nor "-" between them."""
    if not text.isascii():  # a digit of any script is one
        foreign = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
        if _FOREIGN_DIGIT.search(foreign.decode("utf-8", "surrogatepass")):
            text = _FOREIGN_DIGIT.sub("0", text)
    return text.encode("ascii", "replace").translate(_SHAPES, b" -").decode("ascii")


_ALL = _Search(_SECRETS + _PERSONAL)
_CREDENTIALS = _Search(_SECRETS)
_WORD = re.compile(r"[^\W_]{3,}")


def find_secrets(text: str) -> list[Finding]:
    """Credentials in a text, in order."""
    return _CREDENTIALS.find(text)


def find_sensitive(text: str) -> list[Finding]:
    """Credentials and personal data in a text, in order."""
    return _ALL.find(text)


def redact(text: str) -> str:
    """Mask what is sensitive: ``key sk-…`` becomes ``key [openai-key]``.

    The earliest finding wins where two overlap. Text without any is returned as it is.
    """
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
