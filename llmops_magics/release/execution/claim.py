"""The model calls that a decision rests on, as the run says: what the record must hold.

The kernel writes one line a run that it decided on, when it decides; the runner holds the lines
against the record. A sample of a prompt claims a call with its case and its very answer; a sample
of a function claims one where calls were counted in its trace, and is known by that. A function
that calls a model in a way nobody counts claims nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llmops_magics.evals.function_target import PREFIX
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.guard.redteam.outcome import BLOCKED
from llmops_magics.models.recorded import JUDGE, output_digest
from llmops_magics.record import canonical_json
from llmops_magics.redaction import redact
from llmops_magics.release.execution.ballot import FOLDER_VARIABLE

CLAIMS = "claims.jsonl"
NAMED_CASES = 10
Claim = dict[str, Any]


def write_claim(run: EvalRun) -> None:
    """Write what a run claims for the runner of this gate; outside a gate nothing is written."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        with Path(folder, CLAIMS).open("ab") as file:
            file.write(canonical_json(claim_of(run)) + b"\n")


def claim_of(run: EvalRun) -> Claim:
    """Return the calls that a run says were made, and what its baseline said."""
    calls = [call for sample in run.samples if (call := _call(run, sample)) is not None]
    beside = run.comparison
    is_asked = beside is not None and not beside.baseline_prompt.startswith(PREFIX)
    outputs = beside.baseline_outputs if beside is not None and is_asked else {}
    return {
        "run_id": run.run_id,
        "prompt": run.prompt,
        "model": run.model,
        "calls": calls,
        "baseline": [[redact(case), output_digest(text)] for case, text in outputs.items()],
    }


def read_claims(folder: Path) -> list[Claim]:
    """Return what the kernel wrote; a line that was cut off is left out."""
    path = folder / CLAIMS
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def check_claim(claim: Claim, lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return which calls of a claim the record does not hold, in short."""
    answered = [line for line in lines if line["error"] is None]
    asked = [line for line in answered if line["role"] != JUDGE]
    own = [line for line in asked if _is_of(line["prompt"], claim["prompt"])]
    said, heard = _said(own), _said(asked)
    traces = {line["trace_id"] for line in answered}
    missing = [
        call["case"]
        for call in claim["calls"]
        if not (
            (call["case"], call["output"]) in said if call["output"] else call["trace_id"] in traces
        )
    ]
    unheard = sum((case, output) not in heard for case, output in claim["baseline"])
    return {
        **{name: claim[name] for name in ("run_id", "prompt", "model")},
        "model_calls": len(claim["calls"]),
        "unrecorded": list(dict.fromkeys(missing))[:NAMED_CASES],
        "unrecorded_count": len(missing),
        "unrecorded_baseline": unheard,
    }


def _said(lines: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(line["case"], output) for line in lines for output in line["outputs"]}


def _is_of(asked: str, claimed: str) -> bool:
    """Tell whether a call may be a run's: not where both name a version, and another one."""
    numbers = [each.rpartition("@")[2].isdigit() for each in (asked, claimed)]
    return asked == claimed or not all(numbers)


def _call(run: EvalRun, sample: Sample) -> dict[str, str] | None:
    """Return what a sample claims, None for nothing."""
    if sample.error or (sample.output == BLOCKED and not sample.model):
        return None  # nobody was asked, or the guard stood in between
    case = redact(sample.case_id)
    if sample.model or (run.model and not run.prompt.startswith(PREFIX)):
        return {"case": case, "output": output_digest(sample.output), "trace_id": ""}
    if sample.trace_id and sample.input_tokens is not None:
        return {"case": case, "output": "", "trace_id": sample.trace_id}
    return None
