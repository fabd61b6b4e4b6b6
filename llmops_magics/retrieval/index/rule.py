"""Rules on an index: ``stale <= 1%``, ``missing == 0``, ``age <= 7d``.

A rule is PASS, FAIL or INCONCLUSIVE: what could not be looked at is never a pass. Counts are of
documents or chunks as named; a percentage is of all documents, or of all chunks. ``age`` is the
time since a build or refresh last found the index to be its corpus; ``source_age`` and
``indexed_age`` take p50, p95 or max, as in ``p95(source_age) <= 30d``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Any

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.window import period_s
from llmops_magics.retrieval.index.status import IndexStatus, RuleOutcome

DOCUMENTS = ("fresh", "stale", "missing", "orphaned")
CHUNKS = {
    "duplicate": "duplicate_chunks",
    "other_model": "other_model_chunks",
    "lost": "lost_chunks",
    "unknown": "unknown_chunks",
}
MAX_RULE_CHARACTERS = 500
AGES = ("source_age", "indexed_age")
STATISTICS = ("p50", "p95", "max")
GRAMMAR = (
    "A rule is SUBJECT COMPARISON NUMBER: 'stale <= 1%', 'missing == 0', 'age <= 7d', "
    "'p95(source_age) <= 30d'. Subjects are fresh, stale, missing, orphaned (documents), "
    "duplicate, other_model, lost, unknown (chunks), age, and p50, p95 or max of source_age or "
    "indexed_age; comparisons are <=, <, ==, >=, >."
)
_HOLDS = {"<=": le, "<": lt, ">=": ge, ">": gt, "==": eq}
_FORM = re.compile(
    r"\A(?:(?P<statistic>p50|p95|max)\(\s*(?P<inner>\w++)\s*\)|(?P<subject>\w++))"
    r"\s*(?P<comparison><=|>=|==|<|>)\s*(?P<bound>\d+(?:\.\d+)?)\s*(?P<unit>%|[smhdw])?"
)


@dataclass(frozen=True, kw_only=True)
class IndexRule:
    """One parsed rule: a ``bound`` in seconds for ages, as a share for ``is_share``, or a count."""

    text: str
    subject: str
    statistic: str
    comparison: str
    bound: float
    is_share: bool

    def holds(self, value: float) -> bool:
        """Tell whether a value is as the rule wants it."""
        return bool(_HOLDS[self.comparison](value, self.bound))


def parse_index_rule(text: str) -> IndexRule:
    """Read a rule; ``UsageError`` with the grammar when it cannot be meant."""
    written = " ".join(str(text)[: 2 * MAX_RULE_CHARACTERS].split())
    found = _FORM.fullmatch(written) if len(str(text)) <= MAX_RULE_CHARACTERS else None
    part = found.groupdict() if found else {}
    subject, statistic = part.get("inner") or part.get("subject"), part.get("statistic") or ""
    unit, is_age = part.get("unit") or "", subject == "age" or subject in AGES
    problem = ""
    if subject is None:
        problem = "it cannot be read"
    elif subject not in (*DOCUMENTS, *CHUNKS, "age", *AGES):
        problem = f"there is no {subject}"
    elif bool(statistic) != (subject in AGES):
        problem = f"{subject} takes {'p50, p95 or max' if subject in AGES else 'no statistic'}"
    elif is_age and unit in ("", "%"):
        problem = f"{subject} is compared with a time, such as 7d"
    elif not is_age and unit not in ("", "%"):
        problem = f"{subject} is compared with a number or a percentage"
    if problem or subject is None:
        raise UsageError(f"The rule {written[:200]!r} cannot be decided: {problem}.", hint=GRAMMAR)
    return IndexRule(
        text=written,
        subject=subject,
        statistic=statistic,
        comparison=part["comparison"] or "",
        bound=_bound(part["bound"] or "", unit, is_age=is_age),
        is_share=unit == "%",
    )


def decide_index_rule(rule: IndexRule | str, status: IndexStatus) -> RuleOutcome:
    """Decide a rule on a status."""
    rule = parse_index_rule(rule) if isinstance(rule, str) else rule
    observed, reason = _observe(rule, status)
    if observed is None:
        return RuleOutcome(rule=rule.text, verdict="INCONCLUSIVE", reason=reason)
    verdict = "PASS" if rule.holds(observed) else "FAIL"
    return RuleOutcome(rule=rule.text, verdict=verdict, reason=reason, observed=observed)


def _observe(rule: IndexRule, status: IndexStatus) -> tuple[float | None, str]:
    """Return the value, None where nobody can say, and the reason."""
    if rule.subject == "age":
        return _confirmed(status)
    if rule.subject in AGES:
        return _percentile(rule, getattr(status, rule.subject))
    if rule.subject in CHUNKS:
        if not status.chunks and rule.subject != "unknown":
            return None, "Nobody noted which chunks the index should hold."
        count, total = getattr(status, CHUNKS[rule.subject]), max(status.chunks, 1)
        what = "chunks"
    else:
        if not status.is_compared:
            return None, f"Nothing is known of the sources: {status.compared_with}."
        count, total, what = getattr(status, rule.subject), status.documents, "documents"
    if not total:
        return None, f"There are no {what}."
    share = count / total
    reason = f"{count:,} of {total:,} {what} ({share:.2%})."
    return (share if rule.is_share else float(count)), reason


def _confirmed(status: IndexStatus) -> tuple[float | None, str]:
    if status.confirmed_at is None:
        return None, "Nobody knows when the index last was what its corpus is."
    seconds = max(0.0, (status.checked_at - status.confirmed_at).total_seconds())
    return seconds, f"A build or refresh found it to be its corpus {_days(seconds)} ago."


def _percentile(rule: IndexRule, found: Any) -> tuple[float | None, str]:
    value = getattr(found, f"{rule.statistic}_s")
    if value is None:
        return None, f"No time is known of {found.unknown:,}."
    if found.unknown:
        return None, f"The time of {found.unknown:,} of {found.n + found.unknown:,} is unknown."
    return value, f"{rule.statistic} of {found.n:,}: {_days(value)}."


def _bound(number: str, unit: str, *, is_age: bool) -> float:
    if is_age:
        whole, _, part = number.partition(".")
        return (
            float(period_s(f"{whole}{unit}")) if not part else float(number) * period_s(f"1{unit}")
        )
    return float(number) / 100 if unit == "%" else float(number)


def _days(seconds: float) -> str:
    units = (("d", 86_400), ("h", 3600), ("min", 60))
    name, size = next((each for each in units if seconds >= each[1]), ("s", 1))
    return f"{seconds / size:.1f} {name}"
