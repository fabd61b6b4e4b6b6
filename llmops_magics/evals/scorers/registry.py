"""Scorers by name: those of the package, loaded when first asked for, and the user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, cast

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.contract import Scorer
from llmops_magics.evals.scorers.function import as_scorer

NAMES = (
    "exact_match",
    "contains",
    "regex",
    "json_schema",
    "token_f1",
    "embedding_similarity",
    "groundedness",
    "faithfulness",
)


class BuiltInScorers(Mapping[str, Scorer]):
    """The package's scorers by name; looking one up imports its module, listing them none."""

    def __getitem__(self, name: str) -> Scorer:
        if name not in NAMES:
            raise KeyError(name)
        return cast("Scorer", import_module(f"llmops_magics.evals.scorers.{name}").SCORER)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __contains__(self, name: object) -> bool:
        return name in NAMES


SCORERS = BuiltInScorers()


def resolve(
    names: Sequence[str | Scorer | Callable[..., Any]],
    namespace: Mapping[str, Any] | None = None,
) -> tuple[Scorer, ...]:
    """Return the scorers meant by ``names``, in that order.

    A text is the name of a scorer of the package or of something callable in ``namespace``, which
    goes first. Raises ``ScorerError`` for a name that is neither and for two scorers of one name.
    """
    scorers = tuple(_resolve_one(name, namespace or {}) for name in names)
    twice = [name for name, count in Counter(s.name for s in scorers).items() if count > 1]
    if twice:
        raise ScorerError(
            f"Scorers are named twice: {', '.join(twice)}.",
            hint="Name each once; @scorer(name=…) gives a function another name.",
        )
    return scorers


def _resolve_one(name: str | Scorer | Callable[..., Any], namespace: Mapping[str, Any]) -> Scorer:
    found = namespace.get(name, name) if isinstance(name, str) else name
    if isinstance(found, Scorer) and not isinstance(found, type):
        return found
    if callable(found):
        return as_scorer(found, name=name if isinstance(name, str) else "")
    if isinstance(name, str) and name in SCORERS:
        return SCORERS[name]
    raise _unknown(name, namespace)


def _unknown(name: object, namespace: Mapping[str, Any]) -> ScorerError:
    if not isinstance(name, str):
        return ScorerError(
            f"A {type(name).__name__} is no scorer.", hint="Give a name or a function."
        )
    own = [key for key, value in namespace.items() if isinstance(value, Scorer)]
    close = get_close_matches(name, [*SCORERS, *own], n=3)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    return ScorerError(
        f"There is no scorer {name!r}.",
        hint=f"{meant}There are {', '.join([*SCORERS, *own])}, and any function in the notebook.",
    )
