"""Take out of a text what a decision keeps back, and what must not be stored of it.

A placeholder names the kind and counts the values, ``[email-1]``: the same value has the same one
wherever it stands in the texts of one call, so that a model can still tell two people apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from llmops_magics.guard.boundary.policy import Decision
from llmops_magics.guard.finding import Finding
from llmops_magics.guard.survey.excerpt import is_sensitive, merged
from llmops_magics.redaction import find_sensitive

if TYPE_CHECKING:
    from llmops_magics.guard.vault.vault import Vault

EXCERPT_CHARACTERS = 300
_AROUND = 80


class Redactor(Protocol):
    """Puts placeholders in the place of what was found."""

    def begin(self, trace_id: str) -> None:
        """Say in which trace it works, before the first text; the first word counts."""
        ...

    def redacted(self, text: str, findings: Iterable[Finding]) -> str:
        """Return a text with what was found replaced."""
        ...


class VaultRedactor:
    """Placeholders whose values are sealed in the store, a trace at a time."""

    def __init__(self, open_vault: Callable[[str], Vault]) -> None:
        self._open = open_vault
        self._vault: Vault | None = None

    def begin(self, trace_id: str) -> None:
        """Work in the scope of a trace."""
        if self._vault is None:
            self._vault = self._open(trace_id)

    def redacted(self, text: str, findings: Iterable[Finding]) -> str:
        """Return a text with what was found replaced, and sealed."""
        vault = self._vault or self._open("")
        return vault.redact(text, findings).text


class Placeholders:
    """The placeholders of the texts of one call; what they stand for is gone with it."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def begin(self, trace_id: str) -> None:
        """Nothing depends on the trace."""

    def redacted(self, text: str, findings: Iterable[Finding]) -> str:
        """Return a text with what was found replaced."""
        parts, at = [], 0
        for start, end, kind in merged(_spans(text, findings)):
            parts += [text[at:start], self._name(kind.rpartition(".")[2], text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def _name(self, kind: str, value: str) -> str:
        name = self._names.get((kind, value))
        if name is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            name = self._names[kind, value] = f"[{kind}-{self._counts[kind]}]"
        return name


def masked(text: str, decision: Decision) -> str:
    """Return a text as it may be kept: without what is sensitive, redacted or refused in it.

    An attack in words stays: it is the evidence.
    """
    hidden = [
        finding
        for finding, action, _ in decision.rulings
        if is_sensitive(finding) or action == "redact"
    ]
    # In the whole text: what is left of a secret beside a finding in it is not known for one.
    known = [(found.start, found.end, found.kind) for found in find_sensitive(text)]
    parts, at = [], 0
    for start, end, kind in merged([*_spans(text, hidden), *known]):
        parts += [text[at:start], f"[{kind.rpartition('.')[2]}]"]
        at = end
    return "".join([*parts, text[at:]])


def excerpt(text: str, decision: Decision) -> str:
    """Return the masked text around the first thing that was found."""
    whole = masked(text[: _reach(decision)], decision)
    first = min((finding.start for finding in decision.findings), default=0)
    start = max(0, min(first, len(whole)) - _AROUND)
    cut = whole[start : start + EXCERPT_CHARACTERS]
    before, after = "…" if start else "", "…" if start + len(cut) < len(whole) else ""
    return f"{before}{cut}{after}"


def _reach(decision: Decision) -> int:
    """Return how much of a text an excerpt may need: what is masked is never cut in half."""
    first = min((finding.start for finding in decision.findings), default=0)
    near = [f.end for f in decision.findings if f.start <= first + EXCERPT_CHARACTERS]
    # A secret has at most some thousand characters: half of one is not known for what it is.
    return max([first + EXCERPT_CHARACTERS, *near]) + 10_000


def _spans(text: str, findings: Iterable[Finding]) -> Sequence[tuple[int, int, str]]:
    return [
        (max(0, found.start), min(found.end, len(text)), found.kind)
        for found in findings
        if found.start < len(text) and found.end > found.start
    ]
