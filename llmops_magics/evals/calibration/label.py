"""Human labels read as verdicts: yes or no, better or worse, or words of the user's own.

Labels are read before the first call of a judge, so that what cannot be meant costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.errors import UsageError
from llmops_magics.evals.scorers.contract import is_absent

YES, NO = "yes", "no"
BETTER, TIE, WORSE = "better", "tie", "worse"
COLUMNS = ("label", "human_label", "human")
EXPECTED = "expected"
THRESHOLD = 0.5
_YES = frozenset(
    {"true", "yes", "y", "1", "1.0", "pass", "passed", "good", "ok", "correct", "right", "safe"}
    | {"supported", "faithful", "grounded", "relevant", "positive", "accept", "accepted"}
)
_NO = frozenset(
    {"false", "no", "n", "0", "0.0", "fail", "failed", "bad", "incorrect", "wrong", "unsafe"}
    | {"unsupported", "unfaithful", "ungrounded", "hallucinated", "hallucination", "irrelevant"}
    | {"negative", "reject", "rejected"}
)
_PREFERENCES = {
    **dict.fromkeys(("better", "win", "wins", "candidate", "1", "1.0", "true"), BETTER),
    **dict.fromkeys(("tie", "equal", "same", "neither", "0.5"), TIE),
    **dict.fromkeys(("worse", "loss", "loses", "lose", "baseline", "0", "0.0", "false"), WORSE),
}
PREFERENCE_VALUES = {1.0: BETTER, 0.5: TIE, 0.0: WORSE}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels of the cases that have one, as classes, and how scores become the same.

    ``threshold`` is what a number has to reach to be a yes. ``is_preference`` says that classes
    are better, tie and worse; ``is_ordered`` that they are these or yes and no.
    """

    column: str
    by_case: dict[str, str]
    unlabelled: int
    threshold: float
    is_preference: bool
    is_ordered: bool

    def class_of(self, value: bool | float | str) -> str:
        """Return the class of a score; raises ``UsageError`` where it has none of the labels'."""
        if self.is_preference and not isinstance(value, str):
            return PREFERENCE_VALUES.get(float(value), TIE)
        if not self.is_ordered:
            if isinstance(value, str):
                return value.strip()
            raise UsageError(
                f"The labels are words ({_some(set(self.by_case.values()))}), and the judge says "
                f"{value!r}.",
                hint="Say which label means yes: --positive WORD.",
            )
        if isinstance(value, str):
            return _yes_or_no(value) or value.strip()
        return YES if value is True or (value is not False and value >= self.threshold) else NO

    def classes(self, judged: Sequence[str]) -> tuple[str, ...]:
        """Return the classes in their order: those of the scale, else by name, people's first."""
        scale = (BETTER, TIE, WORSE) if self.is_preference else (YES, NO) if self.is_ordered else ()
        seen = {*self.by_case.values(), *judged}
        kept = [name for name in scale if name in seen or not self.is_preference]
        return (*kept, *sorted(seen - set(scale)))


def read_labels(
    cases: Sequence[Case],
    *,
    column: str = "",
    positive: str = "",
    threshold: float | None = None,
    is_preference: bool = False,
) -> Labels:
    """Read the labels of a dataset; ``UsageError`` where there are none or they are no verdicts.

    ``column`` is an input, a key of the metadata, or ``expected``; without it the first of
    ``COLUMNS`` that a case has. With ``positive`` that label is a yes and every other a no.
    Numbers other than 0 and 1 are a yes from ``threshold`` on (0.5 where all lie in 0 to 1).
    """
    column = column or _find_column(cases)
    values = {case.id: _value(case, column) for case in cases}
    given = {case: value for case, value in values.items() if not is_absent(value)}
    if not given:
        raise UsageError(
            f"No case has a label in {column!r}.", hint=f"There are: {_columns(cases)}."
        )
    classes = _classes(given, column, positive, threshold, is_preference)
    is_scale = is_preference or set(classes.values()) <= {YES, NO}
    return Labels(
        column=column,
        by_case=classes,
        unlabelled=len(values) - len(given),
        threshold=THRESHOLD if threshold is None else threshold,
        is_preference=is_preference,
        is_ordered=is_scale,
    )


def _classes(
    given: dict[str, Any],
    column: str,
    positive: str,
    threshold: float | None,
    is_preference: bool,
) -> dict[str, str]:
    if is_preference:
        return {case: _preference(value, column) for case, value in given.items()}
    if positive:
        wanted = positive.strip().casefold()
        found = {case: YES if _word(v) == wanted else NO for case, v in given.items()}
        if YES not in found.values():
            raise UsageError(
                f"No label in {column!r} is {positive!r}.",
                hint=f"There are: {_some({_word(v) for v in given.values()})}.",
            )
        return found
    known = {case: _yes_or_no(value) for case, value in given.items()}
    if all(known.values()):
        return known
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in given.values()):
        cut = _cut(given, column, threshold)
        return {case: YES if value >= cut else NO for case, value in given.items()}
    return {case: str(value).strip() for case, value in given.items()}


def _cut(given: dict[str, Any], column: str, threshold: float | None) -> float:
    if threshold is not None:
        return threshold
    if all(0 <= value <= 1 for value in given.values()):
        return THRESHOLD
    raise UsageError(
        f"The labels in {column!r} are numbers from {min(given.values()):g} to "
        f"{max(given.values()):g}.",
        hint="Say from which number on a label means yes: --threshold 4.",
    )


def _preference(value: Any, column: str) -> str:
    found = _PREFERENCES.get(_word(value))
    if found is None:
        raise UsageError(
            f"The label {value!r:.80} in {column!r} is no preference.",
            hint="Give better, tie or worse (or 1, 0.5, 0), for the answer against the baseline.",
        )
    return found


def _yes_or_no(value: Any) -> str:
    word = _word(value)
    return YES if word in _YES else NO if word in _NO else ""


def _word(value: Any) -> str:
    return str(value).strip().casefold()


def _find_column(cases: Sequence[Case]) -> str:
    for column in COLUMNS:
        if any(not is_absent(_value(case, column)) for case in cases):
            return column
    raise UsageError(
        f"No column {', '.join(COLUMNS)} holds human labels.",
        hint=f"Name the column with --label; there are: {_columns(cases)}.",
    )


def _value(case: Case, column: str) -> Any:
    if column in case.inputs:
        return case.inputs[column]
    if column == EXPECTED:
        return case.expected
    return case.metadata.get(column.removeprefix("metadata."))


def _columns(cases: Sequence[Case]) -> str:
    found = {name for case in cases for name in (*case.inputs, *case.metadata)}
    return _some(found | {EXPECTED}) or "none"


def _some(names: set[str]) -> str:
    shown = sorted(names)[:20]
    return ", ".join(name[:40] for name in shown) + (" …" if len(names) > len(shown) else "")
