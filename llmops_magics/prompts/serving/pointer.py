"""What an environment serves of a prompt: the newest row of its states.

One indexed query reads it. ``changed_at`` is a number that grows with every change of any
environment, so a client asks for one number to learn that there is nothing new. Rows are inserted
after their audit event, whose lock makes the numbers grow in the order of the commits on PostgreSQL
too: nobody who has seen one number can miss a smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, select

from llmops_magics.errors import StoreError
from llmops_magics.prompts.serving.arm import (
    ARMS,
    CANDIDATE,
    HELD,
    HOLDBACK,
    PAUSED,
    ROLLING,
    SERVING,
    SHADOW,
    STABLE,
    UNDER_WAY,
)
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.storage.query import Query, read_json
from llmops_magics.storage.table import release_state

if TYPE_CHECKING:
    from llmops_magics.storage.query import Reader

__all__ = [
    "ARMS",
    "CANDIDATE",
    "HELD",
    "HOLDBACK",
    "PAUSED",
    "ROLLING",
    "SERVING",
    "SHADOW",
    "STABLE",
    "UNDER_WAY",
    "Pointer",
    "Target",
    "read_changed_at",
    "read_generation",
    "read_history",
    "read_pointer",
    "read_pointers",
    "read_rollout",
    "read_served",
]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One version with all that is served with it; ``body`` is the release's bundle as stored."""

    number: int
    prompt_digest: str
    model: str
    index: Mapping[str, str]  # fingerprint by corpus
    body: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Target:
        """Read a bundle as ``ReleaseBundle.to_dict`` gave it."""
        return cls(
            number=int(body["number"]),
            prompt_digest=str(body["prompt_digest"]),
            model=str(body["model"]),
            index=dict(body["index"]),
            body=dict(body),
        )


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """What an environment serves of a prompt since its ``generation``-th change.

    ``share`` (0 to 1) of those who ask get ``candidate``, by a bucket that ``salt`` and their key
    make. ``held`` is what the holdback stays with once the rollout is done. ``back`` is the
    generation whose ``stable`` a rollback goes to, 0 if there is none. ``plan`` and ``step`` are
    those of the rollout ``rollout_id``, which stays known after its end.
    """

    environment: str
    prompt: str
    label: str  # that the environment moves: it points to ``stable``
    generation: int
    action: str
    state: str
    stable: Target
    candidate: Target | None = None
    held: Target | None = None
    back: int = 0
    share: float = 0.0
    salt: str = ""
    rollout_id: str = ""
    plan: RolloutPlan | None = None
    step: int = 0
    actor: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()
    at: str = ""

    @property
    def ref(self) -> str:
        """The name by which the environment serves the prompt: ``name@environment``."""
        return f"{self.prompt}@{self.environment}"

    @property
    def is_under_way(self) -> bool:
        """Whether there is a candidate that is neither taken nor refused."""
        return self.state in UNDER_WAY

    def target(self, arm: str) -> Target:
        """Return what an arm gets; one that is not there gets the stable version."""
        return {CANDIDATE: self.candidate, HELD: self.held}.get(arm) or self.stable

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON: what the fallback file and the history keep."""
        return {
            "environment": self.environment,
            "prompt": self.prompt,
            "label": self.label,
            "generation": self.generation,
            "action": self.action,
            "state": self.state,
            **{
                arm: dict(target.body) if target else None
                for arm, target in zip(ARMS, (self.stable, self.candidate, self.held), strict=True)
            },
            "back": self.back,
            "share": self.share,
            "salt": self.salt,
            "rollout_id": self.rollout_id,
            "plan": self.plan.to_dict() if self.plan else None,
            "step": self.step,
            "actor": self.actor,
            "reason": self.reason,
            "evidence": list(self.evidence),
            "at": self.at,
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Pointer:
        """Read what ``to_dict`` gave; raises ``KeyError``, ``TypeError`` or ``ValueError``."""
        targets = {arm: Target.of(body[arm]) for arm in ARMS if body[arm] is not None}
        plan = body["plan"]
        return cls(
            **{
                **{name: body[name] for name in COLUMNS},
                **dict.fromkeys(ARMS),
                **targets,
                "plan": RolloutPlan.from_dict(plan) if plan else None,
                "evidence": tuple(body["evidence"]),
            }
        )


COLUMNS: Final = tuple(column.name for column in release_state.columns if column.name != "id")
_JSON: Final = frozenset({*ARMS, "plan", "evidence"})


def read_pointer(reader: Reader, environment: str, prompt: str) -> Pointer | None:
    """Return what an environment serves of a prompt, None while it never served any of it."""
    rows = reader.rows(_NEWEST, environment=environment, prompt=prompt)
    return build(rows[0]) if rows else None


def read_served(reader: Reader, prompt: str, label: str) -> Pointer | None:
    """Return what the environment that moves a label serves of a prompt."""
    rows = reader.rows(_BY_LABEL, prompt=prompt, label=label)
    return build(rows[0]) if rows else None


def read_generation(
    reader: Reader, environment: str, prompt: str, generation: int
) -> Pointer | None:
    """Return one change of what an environment serves of a prompt."""
    rows = reader.rows(_ONE, environment=environment, prompt=prompt, generation=generation)
    return build(rows[0]) if rows else None


def read_history(
    reader: Reader, environment: str, prompt: str, limit: int = 1_000
) -> list[Pointer]:
    """Return the changes, the newest first, at most ``limit``."""
    rows = reader.rows(_HISTORY, environment=environment, prompt=prompt, most=limit)
    return [build(row) for row in rows]


def read_rollout(reader: Reader, rollout_id: str) -> Pointer | None:
    """Return the newest change that belongs to a rollout."""
    rows = reader.rows(_OF_ROLLOUT, rollout_id=rollout_id)
    return build(rows[0]) if rows else None


def read_pointers(reader: Reader) -> list[Pointer]:
    """Return what every environment serves of every prompt, sorted by both."""
    return [build(row) for row in reader.rows(_ALL)]


def read_changed_at(reader: Reader) -> int:
    """Return a number that grows with every change of any environment; 0 before the first."""
    return int(reader.rows(_CHANGED_AT)[0][0] or 0)


def build(row: Any) -> Pointer:
    """Return the pointer in a row of ``COLUMNS``; raises ``StoreError`` for one that is none."""
    body = dict(zip(COLUMNS, row, strict=True))
    try:
        return Pointer.from_dict(
            {k: read_json(v) if k in _JSON and v is not None else v for k, v in body.items()}
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{body['prompt']}@{body['environment']} is damaged in generation "
            f"{body['generation']}.",
            hint="Restore the store from a backup; `llmops audit verify` tells what else changed.",
        ) from error


_TABLE = release_state.c
_COLUMNS = [_TABLE[name] for name in COLUMNS]
_OF = and_(_TABLE.environment == bindparam("environment"), _TABLE.prompt == bindparam("prompt"))
_BACKWARDS = select(*_COLUMNS).where(_OF).order_by(_TABLE.generation.desc())
_NEWEST = Query(_BACKWARDS.limit(1))
_HISTORY = Query(_BACKWARDS.limit(bindparam("most")))
_BY_LABEL = Query(
    select(*_COLUMNS)
    .where(_TABLE.prompt == bindparam("prompt"), _TABLE.label == bindparam("label"))
    .order_by(_TABLE.id.desc())
    .limit(1)
)
_ONE = Query(select(*_COLUMNS).where(_OF, _TABLE.generation == bindparam("generation")))
_OF_ROLLOUT = Query(
    select(*_COLUMNS)
    .where(_TABLE.rollout_id == bindparam("rollout_id"))
    .order_by(_TABLE.id.desc())
    .limit(1)
)
_LAST = (
    select(_TABLE.environment, _TABLE.prompt, func.max(_TABLE.generation).label("generation"))
    .group_by(_TABLE.environment, _TABLE.prompt)
    .subquery()
)
_ALL = Query(
    select(*_COLUMNS)
    .join(
        _LAST,
        and_(
            _TABLE.environment == _LAST.c.environment,
            _TABLE.prompt == _LAST.c.prompt,
            _TABLE.generation == _LAST.c.generation,
        ),
    )
    .order_by(_TABLE.environment, _TABLE.prompt)
)
_CHANGED_AT = Query(select(func.max(_TABLE.id)))
