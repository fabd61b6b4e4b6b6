"""Whether what a gate decided on was really asked: reasons for which there is no verdict.

The record of the kernel's calls is held against what the run claims, against where answers may come
from, and against what stood before and after. What is only worth knowing becomes a note.

A test double is recognised by what it says of itself; ``LLMOPS_TEST_DOUBLES=allow`` lets a gate be
tried on one, and the result then says that it proves nothing about a model. Code that calls a model
past this package is not seen.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateUsageError
from llmops_magics.models.recorded import EMBEDDING, JUDGE, TARGET
from llmops_magics.record import digest_bytes, to_jsonable
from llmops_magics.release.execution.backing import unbacked
from llmops_magics.release.execution.claim import check_claim, read_claims
from llmops_magics.release.execution.moved import Grounds, moves, prompt_moves
from llmops_magics.release.execution.recording import (
    EVIDENCE,
    LIVE,
    REJUDGE,
    RESPONSES,
    Line,
    read_responses,
)
from llmops_magics.release.gate.result import GateDecision
from llmops_magics.storage.private import private_opener
from llmops_magics.storage.store import Store

DOUBLES_VARIABLE = "LLMOPS_TEST_DOUBLES"
ALLOW = "allow"
CACHE_PARAMETER = "cache"
DECLARED = ("use", "replay")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the record says: ``problems`` void the verdict, ``notes`` do not."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    responses: dict[str, Any] | None = None
    claims: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a gate runs: its mode, what it replays, and how a cache was declared."""

    mode: str
    replay_of: dict[str, str] | None = None
    cache: str = ""
    begun_at: str = ""
    before: Grounds = field(default_factory=Grounds)


def declared_cache(given: str, parameters: Mapping[str, Any]) -> str:
    """Return how the use of stored answers was declared, "" for not at all.

    By ``given`` (``--cache``), or by the notebook's parameter ``cache``.
    """
    value = given or parameters.get(CACHE_PARAMETER, "")
    said = "use" if value is True else str(value)
    return said if said in DECLARED else ""


def examine(
    store: Store, ballot: Path, terms: Terms, after: Grounds, decision: GateDecision | None
) -> Finding:
    """Hold the record in ``ballot`` against the claims and the terms.

    A record or claim that this package did not write is a problem too.
    """
    try:
        return _examined(store, ballot, terms, after, decision)
    except GateUsageError as error:
        return Finding(problems=(str(error),))
    except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as e:
        what = f"{type(e).__name__} {e}"[:200]
        return Finding(problems=(f"The record of the calls cannot be read: {what}.",))


def _examined(
    store: Store, ballot: Path, terms: Terms, after: Grounds, decision: GateDecision | None
) -> Finding:
    lines, is_torn = read_responses(ballot / RESPONSES)
    claims = tuple(check_claim(claim, lines) for claim in read_claims(ballot))
    problems = [
        *(_unrecorded(claim) for claim in claims if claim["unrecorded_count"]),
        *_cached(lines, terms.cache),
        *_doubles(lines, are_allowed=False),
        *_replayed(lines, terms.mode),
        *moves(terms.before, after, decision),
        *unbacked(store, decision, claims, lines),
    ]
    notes = [
        *(_unheard(claim) for claim in claims if claim["unrecorded_baseline"]),
        *_declared(lines, terms.cache),
        *_doubles(lines, are_allowed=True),
        *prompt_moves(terms.before, after, decision.prompt.partition("@")[0] if decision else ""),
    ]
    content = (ballot / RESPONSES).read_bytes() if lines else b""
    facts = {"digest": digest_bytes(content), "torn": is_torn, **summary(lines)}
    if facts["unkept"]:
        notes.append(
            f"{facts['unkept']} answers held something that may not be kept: this gate cannot be "
            "replayed."
        )
    return Finding(problems=tuple(problems), notes=tuple(notes), responses=facts, claims=claims)


def summary(lines: Sequence[Line]) -> dict[str, Any]:
    """Return what the lines of a record add up to; costs are those when the answers were made."""
    answered = [line for line in lines if line["error"] is None]
    usage = [line["usage"] or {} for line in answered]
    known = [Decimal(line["cost_usd"]) for line in answered if line["cost_usd"] is not None]
    unkept = sum(line["answer"] is None for line in answered)
    return {
        "count": len(lines),
        "errors": len(lines) - len(answered),
        "by_source": dict(Counter(line["source"] for line in lines)),
        "by_origin": dict(Counter(line["origin"] for line in lines)),
        "by_role": dict(Counter(line["role"] for line in lines)),
        "models": _by_model(answered, "resolved_model"),
        "fingerprints": _by_model(answered, "system_fingerprint"),
        "unkept": unkept,
        "is_replayable": unkept == 0,
        "input_tokens": sum(each.get("input_tokens", 0) for each in usage),
        "output_tokens": sum(each.get("output_tokens", 0) for each in usage),
        "cost_usd": format(sum(known, Decimal(0)), "f"),
        "unpriced": len(answered) - len(known),
    }


def write_evidence(
    ballot: Path,
    terms: Terms,
    *,
    ended_at: str = "",
    after: Grounds | None = None,
    finding: Finding | None = None,
    comparable: str = "",
) -> dict[str, Any]:
    """Write ``evidence.json`` whole, as far as things are known, and return it."""
    finding = finding or Finding()
    body: dict[str, Any] = to_jsonable(
        {
            "version": 1,
            "mode": terms.mode,
            "replay_of": terms.replay_of,
            "cache": terms.cache,
            "begun_at": terms.begun_at,
            "ended_at": ended_at,
            "begin": terms.before.to_dict(),
            "end": after and after.to_dict(),
            "claims": finding.claims,
            "responses": finding.responses,
            "comparable": comparable,
            "problems": finding.problems,
            "notes": finding.notes,
        }
    )
    written = ballot / f"{EVIDENCE}.tmp"
    with open(written, "w", encoding="utf-8", opener=private_opener) as file:
        json.dump(body, file, indent=1, ensure_ascii=False, sort_keys=True)
    written.replace(ballot / EVIDENCE)
    return body


def _unrecorded(claim: Mapping[str, Any]) -> str:
    cases = ", ".join(map(str, claim["unrecorded"]))
    return (
        f"The run {claim['run_id']} of {claim['prompt']} claims {claim['model_calls']} model calls "
        f"and {claim['unrecorded_count']} of them were not made in this gate ({cases}): evaluate "
        "in the notebook."
    )


def _unheard(claim: Mapping[str, Any]) -> str:
    return (
        f"{claim['unrecorded_baseline']} answers of the baseline were given before this gate, "
        "which did not see them."
    )


def _stored(lines: Sequence[Line]) -> int:
    """Count the answers from a cache that this very gate did not fill."""
    asked = {
        (line["question"], output)
        for line in lines
        if line["origin"] != "cache" and line["error"] is None
        for output in line["outputs"]
    }
    return sum(
        line["origin"] == "cache"
        and not any((line["question"], output) in asked for output in line["outputs"])
        for line in lines
    )


def _cached(lines: Sequence[Line], declared: str) -> list[str]:
    stored = 0 if declared else _stored(lines)
    if not stored:
        return []
    said = "came from the cache, which was not declared: give --cache use, or ask anew"
    return [f"{stored} answers {said}."]


def _declared(lines: Sequence[Line], declared: str) -> list[str]:
    stored = _stored(lines) if declared else 0
    return [f"{stored} answers came from the cache, as declared ({declared})."] if stored else []


def _doubles(lines: Sequence[Line], *, are_allowed: bool) -> list[str]:
    count = sum(bool(line["double"]) for line in lines)
    if not count or are_allowed != (os.environ.get(DOUBLES_VARIABLE) == ALLOW):
        return []
    what = "this proves nothing about a model" if are_allowed else "no model was asked"
    return [f"A test double gave {count} answers: {what}."]


def _replayed(lines: Sequence[Line], mode: str) -> list[str]:
    """Find answers from a record that this mode does not read: the notebook gave the order."""
    asked = {LIVE: (TARGET, JUDGE, EMBEDDING), REJUDGE: (JUDGE,)}.get(mode, ())
    count = sum(line["source"] == "record" and line["role"] in asked for line in lines)
    return [f"{count} answers came from a record, and the mode is {mode}."] if count else []


def _by_model(lines: Sequence[Line], field_name: str) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        if line[field_name]:
            found.setdefault(line["model"], {})[line[field_name]] = None
    return {model: list(values) for model, values in found.items()}
