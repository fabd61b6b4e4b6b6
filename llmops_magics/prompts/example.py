"""Few-shot examples: what a front matter asks for, and the cases that answer it.

The cases are copied into the version when it is registered, so that it goes on showing the same
ones whatever becomes of the dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Protocol

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import plain, read_text, read_texts, refuse_unknown
from llmops_magics.prompts.version import Example, Examples
from llmops_magics.record import canonical_json

MAX_EXAMPLES = 100
MAX_EXAMPLES_BYTES = 1024 * 1024
EXPECTED = "{{ expected }}"
_WHERE = "under `examples` in the front matter"
_KEYS = ("dataset", "limit", "ids", "tags", "cases", "user", "assistant")


class CaseLike(Protocol):
    """What an example is made of: a case of a dataset."""

    @property
    def id(self) -> str:
        """The case's name in its dataset."""
        ...

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The values of variables."""
        ...

    @property
    def expected(self) -> Any:
        """The answer, None where nothing certain is expected."""
        ...

    @property
    def tags(self) -> Sequence[str]:
        """Words to choose cases by."""
        ...


@dataclass(frozen=True, kw_only=True)
class ExampleRequest:
    """What ``examples:`` says: cases of a dataset, or cases that are written out."""

    dataset: str = ""
    limit: int | None = None  # the first so many of those that ids and tags leave
    ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # a case has all of them
    cases: tuple[Example, ...] = ()
    user: str = ""
    assistant: str = EXPECTED


def read_request(value: Any) -> ExampleRequest | None:
    """Read ``examples:`` of a front matter; a list is the cases. Nothing there gives None."""
    if value is None:
        return None
    data = {"cases": value} if isinstance(value, list) else value
    if not isinstance(data, Mapping):
        raise PromptSyntaxError(
            f"`examples` in the front matter is a {type(value).__name__}.",
            hint="Write {dataset: support-faq, limit: 3} or a list of cases.",
        )
    refuse_unknown(data, _KEYS, _WHERE)
    dataset = read_text(data, "dataset", _WHERE).strip()
    cases = _read_cases(data.get("cases"))
    chosen = [key for key in ("limit", "ids", "tags") if data.get(key) is not None]
    if not cases and not dataset:
        raise PromptSyntaxError("`examples` has neither a `dataset` nor `cases`.")
    if cases and chosen:
        raise PromptSyntaxError(f"`examples` has `cases`, so `{chosen[0]}` chooses nothing.")
    return ExampleRequest(
        dataset=dataset,
        limit=_read_limit(data.get("limit")),
        ids=tuple(dict.fromkeys(read_texts(data, "ids", _WHERE))),
        tags=read_texts(data, "tags", _WHERE),
        cases=cases,
        user=_clean(read_text(data, "user", _WHERE)),
        assistant=_clean(read_text(data, "assistant", _WHERE)) or EXPECTED,
    )


def answer(request: ExampleRequest, dataset: str, cases: Sequence[CaseLike]) -> Examples:
    """Return the cases of a dataset that a request asks for; ``dataset`` is its full reference."""
    chosen = _choose(request, cases)
    if not chosen:
        raise PromptSyntaxError(
            f"No case of {dataset or request.dataset} is what `examples` asks for.",
            hint=f"It has {len(cases)} cases.",
        )
    if len(chosen) > MAX_EXAMPLES:
        raise PromptSyntaxError(
            f"`examples` takes {len(chosen)} cases; at most {MAX_EXAMPLES} are shown.",
            hint="Give `limit: 3`, or choose by `ids` or `tags`.",
        )
    copies = tuple(
        Example(
            inputs=plain(dict(case.inputs), f"The case {case.id!r}"),
            expected=plain(case.expected, f"The case {case.id!r}"),
        )
        for case in chosen
    )
    return check_size(
        Examples(cases=copies, dataset=dataset, user=request.user, assistant=request.assistant)
    )


def write_out(request: ExampleRequest) -> Examples:
    """Return the cases that stand in the front matter itself."""
    return check_size(
        Examples(
            cases=request.cases,
            dataset=request.dataset,
            user=request.user,
            assistant=request.assistant,
        )
    )


def check_size(examples: Examples) -> Examples:
    """Refuse examples that are larger than a prompt may be."""
    if len(canonical_json(examples)) > MAX_EXAMPLES_BYTES:
        raise PromptSyntaxError(f"The examples are over {MAX_EXAMPLES_BYTES >> 20} MB.")
    return examples


def _choose(request: ExampleRequest, cases: Sequence[CaseLike]) -> list[CaseLike]:
    chosen = list(cases)
    if request.ids:
        by_id = {case.id: case for case in cases}
        missing = [name for name in request.ids if name not in by_id]
        if missing:
            raise PromptSyntaxError(
                f"{request.dataset} has no case {missing[0]!r}, which `examples` asks for.",
                hint=f"It has: {', '.join(list(by_id)[:10])}{' …' if len(by_id) > 10 else ''}.",
            )
        chosen = [by_id[name] for name in request.ids]
    wanted = set(request.tags)
    return [case for case in chosen if wanted <= set(case.tags)][: request.limit]


def _read_cases(value: Any) -> tuple[Example, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise PromptSyntaxError("`cases` of `examples` is no list of cases.")
    if len(value) > MAX_EXAMPLES:
        raise PromptSyntaxError(
            f"`examples` has {len(value)} cases; at most {MAX_EXAMPLES} are shown."
        )
    return tuple(_read_case(item, position) for position, item in enumerate(value, 1))


def _read_case(item: Any, position: int) -> Example:
    if not isinstance(item, Mapping):
        raise PromptSyntaxError(
            f"Example {position} is a {type(item).__name__}.",
            hint="Write {question: …, expected: …}.",
        )
    data = plain(item, f"Example {position}")
    return Example(
        inputs={key: part for key, part in data.items() if key != "expected"},
        expected=data.get("expected"),
    )


def _read_limit(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_EXAMPLES:
        raise PromptSyntaxError(
            f"`limit` of `examples` must be a whole number from 1 to {MAX_EXAMPLES}."
        )
    return value


def _clean(text: str) -> str:
    return dedent(text).strip("\n")
