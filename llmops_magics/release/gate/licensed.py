"""A gate that relies on judges with a licence only: a rule on any other's score decides nothing.

An uncalibrated judge may be wrong either way, so neither its PASS nor its FAIL stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.evals.calibration.identity import identity_of
from llmops_magics.evals.run import EvalRun
from llmops_magics.release.gate.mode import in_mode
from llmops_magics.release.gate.result import RuleResult, Verdict

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

Identity = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LicenceCheck:
    """Whether a scorer's judge may gate, and ``said``: which licence it has, or why it has none."""

    is_licensed: bool
    said: str


FindLicence = Callable[[str, Identity], LicenceCheck]


def in_store(store: Store) -> FindLicence:
    """Return what looks licences up in a store, by a scorer's name and who judged for it."""

    def find(scorer: str, identity: Identity) -> LicenceCheck:
        from llmops_magics.evals.calibration.licence import licence_of, why_unlicensed

        refusal = why_unlicensed(store, scorer, identity)
        if refusal:
            return LicenceCheck(
                is_licensed=False, said=f"{refusal} {_what_to_do(scorer, identity)}"
            )
        licence = licence_of(store, identity)
        said = f"licence {licence.number} of {licence.issued_at}" if licence else "licence"
        return LicenceCheck(is_licensed=True, said=f"{said}{_terms(licence)}")

    return find


def no_store(scorer: str, _identity: Identity) -> LicenceCheck:
    """Look nothing up: whoever asks for licences must say where they are."""
    said = f"Nobody can say whether the judge {scorer} has a licence: the gate knows no store."
    return LicenceCheck(is_licensed=False, said=said)


def check_licences(
    run: EvalRun, required: bool | Collection[str], find: FindLicence
) -> dict[str, LicenceCheck]:
    """Return, by scorer, whether its judge may gate; only for scorers of which it is required.

    Raises ``UsageError`` for a name that did not score this run.
    """
    if isinstance(required, str):
        raise UsageError(
            "require_calibrated is a text.", hint="Give True, or a list of scorers' names."
        )
    if isinstance(required, bool):
        names = tuple(run.judges) if required else ()
    else:
        names = tuple(required)
        unknown = [name for name in names if name not in run.scorer_digests]
        if unknown:
            raise UsageError(
                f"require_calibrated names {', '.join(unknown)}, which did not score this run.",
                hint=f"Its scorers: {', '.join(run.scorer_digests) or 'none'}.",
            )
    return {name: find(name, _identity(run, name)) for name in names}


def held_to_licence(result: RuleResult, check: LicenceCheck, mode: str) -> RuleResult:
    """Return a rule's result as one that nothing was decided by, for want of a licence."""
    open_result = replace(
        result,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"{check.said} Seen by it: {result.reason}",
        more_cases=None,
    )
    return in_mode(open_result, mode, holds=None)


def _identity(run: EvalRun, scorer: str) -> Identity:
    """Return who judged; a scorer that asks no model is its code and parameters alone."""
    if scorer in run.judges:
        return run.judges[scorer]
    return identity_of(run.scorer_digests[scorer])


def _what_to_do(scorer: str, identity: Identity) -> str:
    model = f" --model {identity['model']}" if identity.get("model") else ""
    written = f"Calibrate it: %llm_calibrate {scorer} --labels DATASET{model}"
    return f"{written}, with the scorer as it was written for the eval."


def _terms(licence: Any) -> str:
    """Say where a licence was granted on easier terms than usual."""
    from llmops_magics.evals.calibration.record import Requirements

    if licence is None or not licence.requirements.is_weaker_than(Requirements()):
        return ""
    return ", granted on easier terms than the usual ones"
