"""What a release needs: environments with their policies, and the risk tiers of prompts.

What nobody says in ``llmops.toml`` is as ``DEFAULT_ENVIRONMENTS`` has it, also of an environment of
which something is said: everything may go to ``dev``, ``staging`` needs a passed release gate,
``production`` approvals as well.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Tier: TypeAlias = Literal["low", "high"]
TIERS: Final[tuple[Tier, ...]] = ("low", "high")  # the milder first
Name = Annotated[str, Field(min_length=1, max_length=200)]
ContentDigest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([smhdy])")


def parse_duration(written: object) -> timedelta:
    """Read ``90s``, ``30m``, ``12h``, ``7d`` or ``1y`` (365 days); ``ValueError`` for others."""
    if isinstance(written, timedelta):
        return written
    found = _DURATION.fullmatch(str(written))
    if found is None:
        raise ValueError(f"{written!r} is no time such as 30m, 12h or 7d")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Percent = Annotated[float, Field(gt=0, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_AnyPart = TypeVar("_AnyPart", bound=_Part)


class Requirements(_Part):
    """What a release of one risk tier needs.

    ``gates`` are stems of notebooks that must have passed on exactly what is released, no longer
    ago than ``max_age``; ``approvers`` people of ``role``, none of them the author. With
    ``calibrated`` every judge must have had a licence, and ``reviewed_cases`` is how many cases of
    the gate's run people must have reviewed. With ``signed`` a dossier's key must be in the
    register of keys. ``notebooks`` says of a gate which notebook it is, by the digest of its
    source: another one under the same name is then no evidence.
    """

    gates: tuple[Name, ...] = ()
    max_age: Duration = timedelta(days=7)
    approvers: Annotated[int, Field(ge=0, le=20)] = 0
    role: Name = "approver"
    approval_max_age: Duration = timedelta(days=7)
    calibrated: bool = False
    reviewed_cases: Annotated[int, Field(ge=0)] = 0
    signed: bool = False
    notebooks: dict[Name, ContentDigest] = {}


def _ascending(steps: tuple[float, ...]) -> tuple[float, ...]:
    if list(steps) != sorted(set(steps)):
        raise ValueError("the steps of a rollout grow, each from the last")
    return steps


Steps = Annotated[tuple[Percent, ...], AfterValidator(_ascending)]


class RolloutSettings(_Part):
    """How a release reaches everybody where its command says nothing else.

    ``canary`` are shares in percent, each held for at least ``hold`` and ``min_requests`` of the
    candidate. ``guards`` are guardrails such as ``error_rate non_inferior 0.01``, ``kill`` limits
    without statistics such as ``error_rate <= 0.2``. ``holdback`` is the share in percent that
    stays with the version before when all steps are done.
    """

    canary: Steps = ()
    hold: Duration = timedelta(minutes=30)
    min_requests: Annotated[int, Field(ge=1)] = 200
    guards: tuple[Name, ...] = ()
    kill: tuple[Name, ...] = ()
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    holdback: Annotated[float, Field(ge=0, lt=100)] = 0.0


class EnvironmentSettings(_Part):
    """One environment: what has to come before it, and what a release to it needs by risk tier.

    ``after`` names the environment that must serve the same first. ``label`` is the label of a
    prompt that the environment moves, its own name by default.
    """

    after: str = ""
    label: str = ""
    low: Requirements = Requirements()
    high: Requirements = Requirements()
    rollout: RolloutSettings = RolloutSettings()

    def of_tier(self, tier: Tier) -> Requirements:
        """Return what a release of this tier needs."""
        return self.high if tier == "high" else self.low


class PromptRelease(_Part):
    """The prompts of a pattern: their risk tier, and the corpora whose indexes they read.

    The indexes are released with the prompt, so evidence on another state of them is none.
    """

    tier: Tier = "low"
    corpora: tuple[Name, ...] = ()


class ReleaseSettings(_Part):
    """The risk tiers of prompts, by patterns such as ``support/*``, and how clients keep up.

    The strictest pattern that fits decides; a prompt's own front matter may only make it stricter.
    """

    prompts: dict[Name, PromptRelease] = {}
    poll: Duration = timedelta(seconds=1)


DEFAULT_ENVIRONMENTS: Final[dict[str, EnvironmentSettings]] = {
    "dev": EnvironmentSettings(),
    "staging": EnvironmentSettings(
        low=Requirements(gates=("release_gate",)),
        high=Requirements(gates=("release_gate", "security_gate"), signed=True),
    ),
    "production": EnvironmentSettings(
        after="staging",
        low=Requirements(gates=("release_gate",), approvers=1, signed=True),
        high=Requirements(
            gates=("release_gate", "security_gate"),
            max_age=timedelta(days=1),
            approvers=2,
            calibrated=True,
            reviewed_cases=1,
            signed=True,
        ),
    ),
}


def environments_of(
    written: dict[str, EnvironmentSettings],
) -> dict[str, EnvironmentSettings]:
    """Return the default environments, and over them, key by key, what the settings say.

    A table about one thing takes no other requirement away. In an environment of one's own,
    ``high`` asks for what ``low`` does where it is not written.
    """
    return {**DEFAULT_ENVIRONMENTS, **{name: _whole(name, each) for name, each in written.items()}}


def _whole(name: str, written: EnvironmentSettings) -> EnvironmentSettings:
    default = DEFAULT_ENVIRONMENTS.get(name) or EnvironmentSettings(high=written.low)
    return _over(default, written)


def _over(default: _AnyPart, written: _AnyPart) -> _AnyPart:
    """Return the default with every key that was written, in tables within tables too."""
    said = {key: getattr(written, key) for key in written.model_fields_set}
    for key, value in said.items():
        if isinstance(value, _Part):
            said[key] = _over(getattr(default, key), value)
    return default.model_copy(update=said)
