"""Find a text in names, commit messages, tags and sources, as it is written, in any case.

The text is plain: no character of it has a meaning. A version is found once a field, where the
text stands first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from llmops_magics.errors import PromptError
from llmops_magics.prompts.label import labels_of
from llmops_magics.prompts.listing import PromptSearch, SearchHit
from llmops_magics.prompts.resolution import names_of
from llmops_magics.prompts.tag import all_tags_of
from llmops_magics.storage.query import Query
from llmops_magics.storage.table import prompt_version

if TYPE_CHECKING:
    from llmops_magics.storage.query import Reader

MAX_TEXT_CHARS = 200
_AROUND = 60  # characters of a long line that are shown on either side


def search(reader: Reader, text: str, *, all_versions: bool = False) -> PromptSearch:
    """Return where a text occurs: in the newest and the labelled versions, or in all.

    Archived prompts are left out. Raises ``PromptError`` for a text that is empty or too long.
    """
    _check(text)
    needle = text.lower()
    hits = [
        hit
        for name in names_of(reader)
        for hit in _search_prompt(reader, name, needle, all_versions)
    ]
    return PromptSearch(text=text, hits=tuple(hits))


def _check(text: str) -> None:
    if not text.strip():
        raise PromptError("There is nothing to search for.", hint="Give a text.")
    if len(text) > MAX_TEXT_CHARS:
        raise PromptError(
            f"The text to search for has {len(text):,} characters; at most {MAX_TEXT_CHARS} are "
            "allowed.",
            hint="Give a part of it.",
        )


def _search_prompt(
    reader: Reader, name: str, needle: str, all_versions: bool
) -> Iterator[SearchHit]:
    labels = labels_of(reader, name)
    tags = all_tags_of(reader, name)
    live = set(labels.values())
    numbers = [number for (number,) in reader.rows(_NUMBERS, name=name)]
    for position, number in enumerate(numbers):
        if position and not all_versions and number not in live:
            continue
        ((message, source),) = reader.rows(_TEXTS, name=name, number=number)
        fields = {
            "name": "" if position else name,  # said once, for the newest
            "message": message,
            "source": source,
            "tag": "\n".join(f"{key}={value}" for key, value in tags.get(number, {}).items()),
        }
        own = tuple(label for label, where in labels.items() if where == number)
        for field, content in fields.items():
            found = _locate(content, needle)
            if found:
                line = found[0] if field == "source" else 0
                yield SearchHit(
                    name=name, number=number, field=field, line=line, excerpt=found[1], labels=own
                )


def _locate(content: str, needle: str) -> tuple[int, str] | None:
    """Return the number of the line where the text begins, and that line or a part of it."""
    lowered = content.lower()
    start = lowered.find(needle)
    if start < 0:
        return None
    index = lowered.count("\n", 0, start)
    line = content.split("\n")[index]
    column = start - (lowered.rfind("\n", 0, start) + 1)
    left, right = max(column - _AROUND, 0), column + len(needle) + _AROUND
    cut = line[left:right].strip()
    return index + 1, f"{'…' * (left > 0)}{cut}{'…' * (right < len(line))}"


_OF_NAME = prompt_version.c.name == bindparam("name")
_NUMBERS = Query(
    select(prompt_version.c.number).where(_OF_NAME).order_by(prompt_version.c.number.desc())
)
_TEXTS = Query(
    select(prompt_version.c.message, prompt_version.c.source).where(
        _OF_NAME, prompt_version.c.number == bindparam("number")
    )
)
