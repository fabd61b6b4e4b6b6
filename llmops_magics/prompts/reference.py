"""How a prompt version is named, everywhere the same.

``name`` (the newest), ``name@7``, ``name@production``, ``name@sha256:ab12cd34`` (a prefix of at
least 8 hexadecimal digits that fits one version only).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmops_magics.errors import PromptReferenceError

MAX_NAME_CHARS = 200
MAX_LABEL_CHARS = 80
MIN_DIGEST_DIGITS = 8
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*")
_LABEL = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*")
_RESERVED = ("newest", "latest", "sha256")
_VERSION_LIKE = re.compile(r"v[0-9]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A parsed reference: at most one of number, label and digest says which version."""

    name: str
    number: int | None = None
    label: str = ""
    digest: str = ""  # "sha256:" and a prefix

    def __str__(self) -> str:
        which = self.number or self.label or self.digest
        return f"{self.name}@{which}" if which else self.name


def parse_reference(text: str) -> Reference:
    """Read a reference; raises ``PromptReferenceError`` that tells what a good one looks like."""
    name, at, which = text.strip().partition("@")
    if at and not name:
        raise PromptReferenceError(
            f"{text[:80]!r} names no prompt.", hint=f"Write support/answer{text.strip()[:80]}."
        )
    check_name(name)
    if not at:
        return Reference(name=name)
    if _NUMBER.fullmatch(which):
        return Reference(name=name, number=int(which))
    if _DIGEST.fullmatch(which):
        return Reference(name=name, digest=which)
    if _LABEL.fullmatch(which) and len(which) <= MAX_LABEL_CHARS:
        return Reference(name=name, label=which)
    raise PromptReferenceError(
        f"{text[:250]!r} is no prompt reference: {_reason(which)}.",
        hint=f"Write {name}, {name}@7, {name}@production or {name}@sha256:ab12cd34.",
    )


def check_name(name: str) -> str:
    """Return the name, or raise ``PromptReferenceError`` for one that no prompt can have."""
    if len(name) > MAX_NAME_CHARS:
        raise PromptReferenceError(
            f"The prompt name has {len(name)} characters; at most {MAX_NAME_CHARS} are allowed."
        )
    if ".." in name or not _NAME.fullmatch(name):
        raise PromptReferenceError(
            f"{name!r} is no prompt name.",
            hint="Use small letters, digits, `.`, `_` and `-`, with `/` between parts, such as "
            "support/answer.",
        )
    return name


def check_label(label: str) -> str:
    """Return the label, or raise ``PromptReferenceError`` for one that no version can have."""
    if label in _RESERVED or _VERSION_LIKE.fullmatch(label):
        raise PromptReferenceError(
            f"{label!r} is no label: it says which version is meant by itself.",
            hint="Choose a word such as candidate or team-a.",
        )
    if len(label) > MAX_LABEL_CHARS or not _LABEL.fullmatch(label):
        raise PromptReferenceError(
            f"{label[:100]!r} is no label.",
            hint="A label begins with a small letter and goes on with small letters, digits and "
            "single `-`, such as candidate or team-a.",
        )
    return label


def _reason(which: str) -> str:
    if not which:
        return "nothing stands after the @"
    if which.startswith("sha256:"):
        return f"a digest needs {MIN_DIGEST_DIGITS} to 64 hexadecimal digits in small letters"
    if which.isdigit():
        return "versions count from 1"
    return f"{which[:80]!r} is neither a number, a label nor a digest"
