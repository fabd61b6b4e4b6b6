"""Where the public keys and the signed heads of the trail are, and how long records are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from llmops_magics.config.release import Duration

Name = Annotated[str, Field(min_length=1, max_length=200)]
RecordClass: TypeAlias = Literal["events", "dossiers", "traces"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


KEPT: Final[dict[RecordClass, timedelta]] = {
    "events": timedelta(days=3650),
    "dossiers": timedelta(days=3650),
    "traces": timedelta(days=183),
}


def _with_defaults(given: dict[RecordClass, timedelta]) -> dict[RecordClass, timedelta]:
    return {**KEPT, **given}


class AuditSettings(_Part):
    """How the trail is kept.

    ``keys`` is the register of public keys and ``checkpoints`` the folder of signed heads, both
    seen from the workspace, to be kept in git. ``actors`` says whether names stand in the trail
    (``plain``) or sealed, so that one can be erased. ``retention`` is how long records of a class
    are kept at least: ``events``, ``dossiers``, ``traces``; what is not named keeps its default.
    """

    keys: Name = "llmops.keys.toml"
    checkpoints: Name = "audit"
    actors: Literal["plain", "sealed"] = "plain"
    timestamp_url: str = ""
    retention: Annotated[dict[RecordClass, Duration], AfterValidator(_with_defaults)] = KEPT
