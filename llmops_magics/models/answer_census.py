"""What the table ``response`` holds in all, and taking rows out of it on purpose."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Text, cast, delete, func, select

from llmops_magics.models.answer_table import prune
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import response

__all__ = ["Census", "ModelAnswers", "census", "clear", "prune"]


class ModelAnswers(NamedTuple):
    """The answers of one model; ``size_bytes`` is that of their JSON, keys and indexes apart."""

    model: str
    answers: int
    size_bytes: int
    oldest_at: str
    newest_at: str


class Census(NamedTuple):
    """All answers, by model, the most first."""

    models: tuple[ModelAnswers, ...]

    @property
    def answers(self) -> int:
        """How many there are."""
        return sum(each.answers for each in self.models)

    @property
    def size_bytes(self) -> int:
        """How large they are."""
        return sum(each.size_bytes for each in self.models)

    @property
    def oldest_at(self) -> str:
        """When the oldest was written, "" where there is none."""
        return min((each.oldest_at for each in self.models), default="")


def census(store: Store) -> Census:
    """Count the answers."""
    answers = func.count().label("answers")
    query = (
        select(
            response.c.model,
            answers,
            func.sum(func.length(cast(response.c.body, Text))),
            func.min(response.c.created_at),
            func.max(response.c.created_at),
        )
        .group_by(response.c.model)
        .order_by(answers.desc(), response.c.model)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return Census(
        tuple(ModelAnswers(m, int(n), int(s or 0), old, new) for m, n, s, old, new in rows)
    )


def clear(store: Store, model: str = "") -> int:
    """Delete every answer, or those of one model; return how many there were."""
    query = delete(response)
    with store.write() as connection:
        done = connection.execute(query.where(response.c.model == model) if model else query)
        return int(done.rowcount)
