"""Slices of a dataset and samples of one: the same seed gives the same cases for ever.

A case's place in the draw is the hash of the seed and its id, so that a sample of 50 is the first
half of the sample of 100, and a case that is added elsewhere moves no other case's place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import sha256

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.schema import flat
from llmops_magics.errors import UsageError

TAGS = "tags"


def in_slice(expression: str) -> Callable[[Case], bool]:
    """Return whether a case is in a slice: a tag, or ``column=value``.

    The column is an input, ``expected``, ``id`` or a key of the metadata (``group=acme``); its
    value is compared as text. Raises ``UsageError`` for an empty expression.
    """
    column, equals, value = expression.partition("=")
    column, value = column.strip(), value.strip()
    if not column:
        raise UsageError(
            f"{expression!r} is no slice.", hint="Write a tag, or column=value: refund, lang=de."
        )
    if not equals:
        return lambda case: column in case.tags
    return lambda case: _text(case, column) == value or expression in case.tags


def sample(cases: Sequence[Case], n: int, seed: int = 0, *, by: str = "") -> tuple[Case, ...]:
    """Return ``n`` cases in the dataset's order; all of them if there are fewer.

    With ``by`` the sample has the strata in the dataset's proportions (largest remainders), each
    stratum at least one case while there is room: ``tags`` by the first tag, else by a column.
    Raises ``UsageError`` for ``n`` below 1.
    """
    if n < 1:
        raise UsageError(f"A sample has at least one case, not {n}.")
    strata: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        strata[_stratum(case, by) if by else ""].append(case)
    shares = _shares({name: len(members) for name, members in strata.items()}, n)
    chosen = {
        case.id
        for name, members in strata.items()
        for case in sorted(members, key=lambda case: _place(case, seed))[: shares[name]]
    }
    return tuple(case for case in cases if case.id in chosen)


def _place(case: Case, seed: int) -> bytes:
    return sha256(f"{seed}\n{case.id}".encode()).digest()


def _stratum(case: Case, by: str) -> str:
    if by == TAGS:
        return case.tags[0] if case.tags else ""
    return _text(case, by) or ""


def _text(case: Case, column: str) -> str | None:
    if column == "id":
        return case.id
    values = {**case.metadata, **flat(case)}
    if column not in values:
        return None
    value = values[column]
    return value if isinstance(value, str) else str(value)


def _shares(sizes: dict[str, int], n: int) -> dict[str, int]:
    """Divide ``n`` over strata by their sizes (Hamilton's method), none above its size."""
    total = sum(sizes.values())
    if n >= total:
        return sizes
    exact = {name: n * size / total for name, size in sizes.items()}
    shares = {name: int(part) for name, part in exact.items()}
    if n >= len(sizes):
        shares = {name: max(1, share) for name, share in shares.items()}
    order = sorted(sizes, key=lambda name: (shares[name] - exact[name], name))
    step = 0
    while sum(shares.values()) < n:
        name = order[step % len(order)]
        shares[name] += shares[name] < sizes[name]
        step += 1
    largest = sorted(sizes, key=lambda name: (exact[name] - shares[name], name))
    step = 0
    while sum(shares.values()) > n:
        name = largest[step % len(largest)]
        shares[name] -= shares[name] > 1
        step += 1
    return shares
