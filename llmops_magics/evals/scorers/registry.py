"""Scorers by name: the package's, those of installed packages, and the user's own.

Each is loaded when it is first asked for. A name may carry parameters: ``length(max_words=50)``.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any, cast

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.adapter.choose import adapt
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import Scorer
from llmops_magics.evals.scorers.function import FunctionScorer, as_scorer
from llmops_magics.evals.scorers.packaged import load_packaged, packaged_names
from llmops_magics.evals.scorers.spec import Spec, parse_spec, split_scorers
from llmops_magics.record import digest

__all__ = ["NAMES", "SCORERS", "Scorers", "configure", "resolve", "split_scorers"]

NAMES = (
    "exact_match",
    "contains",
    "regex",
    "numeric",
    "json_schema",
    "json_fields",
    "sql_syntax",
    "code_syntax",
    "token_f1",
    "rouge_l",
    "bleu",
    "chrf",
    "embedding_similarity",
    "groundedness",
    "citations",
    "refusal",
    "pii_leak",
    "toxicity",
    "resisted",
    "tool_calls",
    "trajectory",
    "latency",
    "cost",
    "length",
    "faithfulness",
    "answer_relevance",
    "correctness",
    "safety",
    "pairwise",
    "rubric",
)


class Scorers(Mapping[str, Scorer]):
    """Scorers by name, the package's first; looking one up imports its module, listing none."""

    def __getitem__(self, name: str) -> Scorer:
        if name in NAMES:
            return cast("Scorer", _module(name).SCORER)
        found, distribution = load_packaged(name)
        made = _as_scorer(found, name)
        if made is None:
            raise ScorerError(f"The scorer {name!r} of {distribution} is a {type(found).__name__}.")
        if isinstance(made, FunctionScorer):
            made = replace(made, digest=digest([made.digest, distribution]))
        return made

    def __iter__(self) -> Iterator[str]:
        yield from NAMES
        yield from (name for name in packaged_names() if name not in NAMES)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in NAMES or name in packaged_names()


SCORERS = Scorers()


def resolve(
    names: Sequence[str | Scorer | Callable[..., Any]],
    namespace: Mapping[str, Any] | None = None,
) -> tuple[Scorer, ...]:
    """Return the scorers meant by ``names``, in that order.

    A text is the name of a scorer or of something callable in ``namespace``, which goes first;
    parameters may follow in brackets. A metric of DeepEval, Ragas or MLflow is a scorer too.
    Raises ``ScorerError`` for a name that is unknown and for two scorers of one name.
    """
    scorers = tuple(_resolve_one(name, namespace or {}) for name in names)
    twice = [name for name, count in Counter(s.name for s in scorers).items() if count > 1]
    if twice:
        raise ScorerError(
            f"Scorers are named twice: {', '.join(twice)}.",
            hint="Name each once; @scorer(name=…) gives a function another name, and so does "
            "length(max_words=50, name=short).",
        )
    return scorers


def configure(scorer: Scorer, arguments: Mapping[str, Any]) -> Scorer:
    """Return the scorer with these parameters; ``name`` gives its scores another name.

    A scorer of the package takes those of the ``make`` of its module, one made of a function that
    function's own settings (what has a default). Raises ``ScorerError``.
    """
    given = dict(arguments)
    name = str(given.pop("name", scorer.name))
    if isinstance(scorer, FunctionScorer):
        settings = _settings(scorer.function, scorer.positional + scorer.keywords)
        _check(scorer.name, given, settings)
        function = partial(scorer.function, **given) if given else scorer.function
        return as_scorer(function, name=name, needs=scorer.needs)
    if not isinstance(scorer, BuiltIn) or scorer.name not in NAMES:
        raise ScorerError(f"The scorer {scorer.name} takes no parameters.")
    make = getattr(_module(scorer.name), "make", None)
    _check(scorer.name, given, list(inspect.signature(make).parameters) if make else [])
    return replace(make(**given) if make else scorer, name=_checked_name(name))


def _resolve_one(name: str | Scorer | Callable[..., Any], namespace: Mapping[str, Any]) -> Scorer:
    if not isinstance(name, str):
        return _as_scorer(name) or _fail(name, namespace)
    spec = Spec(name=name) if name in namespace else parse_spec(name)
    scorer = _as_scorer(namespace[spec.name], spec.name) if spec.name in namespace else None
    if scorer is None:
        scorer = SCORERS[spec.name] if spec.name in SCORERS else _fail(spec.name, namespace)
    return configure(scorer, spec.arguments) if spec.arguments else scorer


def _as_scorer(found: Any, name: str = "") -> Scorer | None:
    """Return the scorer that a value stands for, None where it stands for none."""
    if isinstance(found, type):
        return as_scorer(found, name=name)
    if isinstance(found, Scorer):
        return found
    adapted = adapt(found, name)
    if adapted is None and callable(found):
        return as_scorer(found, name=name)
    return adapted


def _settings(function: Callable[..., Any], asked: Sequence[str]) -> list[str]:
    parameters = inspect.signature(function).parameters
    return [
        name for name, p in parameters.items() if p.default is not p.empty and name not in asked
    ]


def _check(name: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    wrong = [parameter for parameter in given if parameter not in known]
    if wrong:
        raise ScorerError(
            f"The scorer {name} has no parameter {', '.join(wrong)}.",
            hint=f"It has {', '.join(known)}." if known else "It has none.",
        )


def _checked_name(name: str) -> str:
    return as_scorer(lambda output: output, name=name).name


def _module(name: str) -> Any:
    return import_module(f"llmops_magics.evals.scorers.{name}")


def _fail(name: object, namespace: Mapping[str, Any]) -> Scorer:
    if not isinstance(name, str):
        raise ScorerError(f"A {type(name).__name__} is no scorer.", hint="Give a name or function.")
    own = [key for key, value in namespace.items() if isinstance(value, Scorer)]
    close = get_close_matches(name, [*SCORERS, *own], n=3)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    raise ScorerError(
        f"There is no scorer {name!r}.",
        hint=f"{meant}There are {', '.join([*SCORERS, *own])}, and any function in the notebook.",
    )
