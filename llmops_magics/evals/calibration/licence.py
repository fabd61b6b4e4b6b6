"""Licences of judges: decided by requirements, kept for ever, and found again by identity.

A licence is for one identity: another prompt, model or rubric has another digest, for which there
is none. The newest licence of a digest counts, so that a later and worse calibration takes back
what an earlier one granted; one on too few labels to tell says nothing about a grant that is there.
Rows are append-only, each with its audit event in one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from llmops_magics.audit import trail
from llmops_magics.evals.calibration.identity import changed_parts
from llmops_magics.evals.calibration.label import TIE
from llmops_magics.evals.calibration.record import (
    Agreement,
    Calibration,
    Decision,
    Predictor,
    Requirements,
)
from llmops_magics.storage.table import judge_licence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A row of the table: what was granted or refused to whom, by which labels."""

    number: int
    judge: str
    digest: str
    granted: bool
    reasons: tuple[str, ...]
    requirements: Requirements
    identity: dict[str, str]
    resolved_models: tuple[str, ...]
    dataset: str
    dataset_digest: str
    judged: int
    kappa: float | None
    actor: str
    issued_at: str


def decide(
    pairs: Sequence[tuple[str, str]],
    agreement: Agreement,
    predictors: Sequence[Predictor],
    *,
    labels: int,
    requirements: Requirements,
) -> Decision:
    """Decide whether a judge may gate, by (human, judged) pairs of ``labels`` labelled cases."""
    reasons = [
        *_counts(pairs, labels, requirements),
        *_constant(pairs),
        *_kappa(agreement, requirements),
        *_beaten(agreement, predictors),
    ]
    return Decision(granted=not reasons, reasons=tuple(reasons), requirements=requirements)


def issue(store: Store, calibration: Calibration) -> int:
    """Keep a calibration as a licence, granted or refused; return its number."""
    body = {k: v for k, v in calibration.to_dict().items() if k != "licence"}
    row = {
        "judge": calibration.judge,
        "digest": calibration.identity["digest"],
        "dataset_digest": calibration.dataset_digest,
        "body": body,
        "actor": calibration.actor,
        "issued_at": calibration.issued_at,
    }
    with store.write(lock=f"judge {calibration.judge}") as connection:
        number = _insert(connection, row)
        trail.append(
            connection,
            actor=calibration.actor,
            action="judge.calibrate",
            resource=f"judge/{calibration.judge}",
            body={
                "licence": number,
                "granted": calibration.decision.granted,
                "identity": calibration.identity,
                "dataset": calibration.dataset,
                "dataset_digest": calibration.dataset_digest,
                "judged": calibration.judged,
                "kappa": calibration.agreement.kappa.value,
            },
        )
    return number


def licence_of(store: Store, identity: Mapping[str, Any]) -> Licence | None:
    """Return the licence of an identity that counts, granted or refused; None where it has none.

    That is the newest, among those on enough labels where there are any.
    """
    found = _find(store, judge_licence.c.digest == identity.get("digest", ""))
    telling = (one for one in found if one.judged >= one.requirements.min_labels)
    return next(telling, next(iter(found), None))


def licences_of(store: Store, judge: str) -> tuple[Licence, ...]:
    """Return every licence of a judge's name, the newest first, whichever identity it is for."""
    return tuple(_find(store, judge_licence.c.judge == judge))


def why_unlicensed(store: Store, judge: str, identity: Mapping[str, Any]) -> str:
    """Return why a judge may not gate, in a sentence; "" where it may."""
    if not identity.get("digest"):
        return f"The run does not say who judged {judge}."
    found = licence_of(store, identity)
    if found is not None:
        if found.granted:
            return _drift(found, judge, identity)
        return f"The judge {judge} was refused its licence: {' '.join(found.reasons)}"
    former = next((old for old in licences_of(store, judge) if old.granted), None)
    if former is None:
        return f"The judge {judge} has no licence."
    changed = " and ".join(changed_parts(former.identity, identity)) or "it"
    return f"The licence {former.number} of the judge {judge} has lapsed: {changed} changed since."


def _drift(licence: Licence, judge: str, identity: Mapping[str, Any]) -> str:
    """Return that a model's name has come to mean another model, where both are known."""
    resolved = {name for name in str(identity.get("resolved", "")).split(",") if name}
    if not resolved or not licence.resolved_models or resolved <= {*licence.resolved_models}:
        return ""
    return (
        f"The licence {licence.number} of the judge {judge} has lapsed: {identity.get('model')} "
        f"was {', '.join(licence.resolved_models)} then and is {', '.join(sorted(resolved))} now."
    )


def _counts(pairs: Sequence[tuple[str, str]], labels: int, wanted: Requirements) -> Sequence[str]:
    reasons = []
    if len(pairs) < wanted.min_labels:
        reasons.append(f"{len(pairs)} labels were judged, {wanted.min_labels} are required.")
    missing = 1 - len(pairs) / labels if labels else 1.0
    if missing > wanted.max_missing:
        reasons.append(
            f"{missing:.1%} of the labels were not judged, {wanted.max_missing:.1%} may be."
        )
    classes = Counter(human for human, _ in pairs if human != TIE)
    if len(classes) < 2:
        reasons.append("All judged labels say the same, so nothing can be told apart.")
    few = [f"{n} {name}" for name, n in sorted(classes.items()) if n < wanted.min_per_class]
    if few and len(classes) > 1:
        reasons.append(
            f"There are {' and '.join(few)} labels, {wanted.min_per_class} of each are required."
        )
    return reasons


def _constant(pairs: Sequence[tuple[str, str]]) -> Sequence[str]:
    verdicts = {judged for _, judged in pairs}
    return [f"The judge always says {verdicts.pop()}."] if len(verdicts) == 1 else []


def _kappa(agreement: Agreement, wanted: Requirements) -> Sequence[str]:
    found = agreement.kappa
    if found.value is None or found.low is None or found.high is None:
        return ["Cohen's kappa cannot be stated."]
    if found.low >= wanted.min_kappa:
        return []
    seen = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return [f"Cohen's kappa is {seen}; the interval must not reach below {wanted.min_kappa:g}."]


def _beaten(agreement: Agreement, predictors: Sequence[Predictor]) -> Sequence[str]:
    found = agreement.balanced_accuracy
    if found.value is None or found.low is None:
        return []  # one class alone, which is said already
    rivals = [(p.agreement.balanced_accuracy.value or 0.0, p.name) for p in predictors]
    best, name = max(rivals, default=(0.0, ""))
    if found.low > best:
        return []
    seen = f"{found.value:.2f} [{found.low:.2f}, {found.high or 0:.2f}]"
    what = f"not all above that of the {name} predictor, {best:.2f}"
    return [f"The interval of its balanced accuracy, {seen}, is {what}."]


def _insert(connection: Connection, row: Mapping[str, Any]) -> int:
    key = connection.execute(insert(judge_licence).values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def _find(store: Store, condition: Any) -> list[Licence]:
    query = select(judge_licence).where(condition).order_by(judge_licence.c.id.desc())
    with store.read() as connection:
        return [_licence(dict(row)) for row in connection.execute(query).mappings()]


def _licence(row: Mapping[str, Any]) -> Licence:
    body = row["body"]
    decision = body["decision"]
    return Licence(
        number=row["id"],
        judge=row["judge"],
        digest=row["digest"],
        granted=decision["granted"],
        reasons=tuple(decision["reasons"]),
        requirements=Requirements(**decision["requirements"]),
        identity=body["identity"],
        resolved_models=tuple(body["resolved_models"]),
        dataset=body["dataset"],
        dataset_digest=row["dataset_digest"],
        judged=body["judged"],
        kappa=body["agreement"]["kappa"]["value"],
        actor=row["actor"],
        issued_at=row["issued_at"],
    )
