"""Leakage: cases that stand in a prompt, so that an eval of it asks what it was told.

A case leaks exactly if an example has its inputs (in those columns the example has) or if one of
its inputs stands word for word in a message; nearly if an example's inputs have a Jaccard index of
at least 0.8 with the case's (``datasets.shingle``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.duplicate import THRESHOLD
from llmops_magics.datasets.shingle import normalise, signatures, similarity, text_of

MIN_MESSAGE_CHARS = 20  # of an input: shorter ones stand in many texts by chance
_MARGIN = 0.2


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a prompt shows a model: the inputs of its examples, and the texts of its messages."""

    ref: str
    examples: tuple[Mapping[str, Any], ...]
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A case that a prompt shows: ``place`` is ``example 2`` or ``message``."""

    case_id: str
    prompt: str
    place: str
    similarity: float  # 1.0 for the same once normalised


def find_leaks(
    cases: Sequence[Case], prompts: Sequence[Shown], *, threshold: float = THRESHOLD
) -> tuple[Leak, ...]:
    """Return a leak a case and prompt, the closest one, in the order of the cases."""
    found: dict[tuple[str, str], Leak] = {}
    leaks = [*_in_examples(cases, prompts, threshold)]
    for shown in prompts:
        leaks += _in_messages(cases, shown)
    for leak in leaks:
        key = leak.case_id, leak.prompt
        if key not in found or leak.similarity > found[key].similarity:
            found[key] = leak
    place = {case.id: index for index, case in enumerate(cases)}
    return tuple(sorted(found.values(), key=lambda leak: (place[leak.case_id], leak.prompt)))


class _Example(NamedTuple):
    prompt: str
    number: int
    inputs: Mapping[str, Any]


def _in_examples(
    cases: Sequence[Case], prompts: Sequence[Shown], threshold: float
) -> Iterator[Leak]:
    """Yield the cases that examples have, signing the cases once for each set of columns."""
    known = {name for case in cases for name in case.inputs}
    by_columns: dict[tuple[str, ...], list[_Example]] = {}
    for shown in prompts:
        for number, inputs in enumerate(shown.examples, 1):
            columns = tuple(sorted(known & set(inputs))) or tuple(sorted(known | set(inputs)))
            by_columns.setdefault(columns, []).append(_Example(shown.ref, number, inputs))
    for columns, examples in by_columns.items():
        texts = [text_of(case.inputs, columns) for case in cases]
        wanted = [text_of(example.inputs, columns) for example in examples]
        for at, index, value in _matches(texts, wanted, threshold):
            example = examples[at]
            yield Leak(
                case_id=cases[index].id,
                prompt=example.prompt,
                place=f"example {example.number}",
                similarity=round(value, 4),
            )


def _matches(
    texts: Sequence[str], wanted: Sequence[str], threshold: float
) -> Iterator[tuple[int, int, float]]:
    """Yield (index in ``wanted``, index in ``texts``, similarity) of those that are similar."""
    signed = signatures(texts)
    for at, (text, signature) in enumerate(zip(wanted, signatures(wanted), strict=True)):
        if not text:
            continue
        agree = (signed == signature).mean(axis=1)
        for index in (agree >= threshold - _MARGIN).nonzero()[0].tolist():
            value = 1.0 if text == texts[index] else similarity(text, texts[index])
            if value >= threshold:
                yield at, index, value


def _in_messages(cases: Sequence[Case], shown: Shown) -> Iterator[Leak]:
    text = normalise("\n".join(shown.messages))
    if len(text) < MIN_MESSAGE_CHARS:
        return
    for case in cases:
        for value in case.inputs.values():
            if isinstance(value, str) and len(value) >= MIN_MESSAGE_CHARS:
                part = normalise(value)
                if MIN_MESSAGE_CHARS <= len(part) <= len(text) and part in text:
                    yield Leak(case_id=case.id, prompt=shown.ref, place="message", similarity=1.0)
                    break
