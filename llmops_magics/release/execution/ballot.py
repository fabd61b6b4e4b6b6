"""How the kernel hands its one decision to the process that runs the gate.

The runner names a folder in ``LLMOPS_GATE_RECORD``; the kernel writes its decision there once,
whole or not at all. A second decision in the same run is refused, so the last word can never be
the more convenient one. Outside a gate nothing is written.
"""

from __future__ import annotations

import json
import os
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateRunError, GateUsageError
from llmops_magics.record import canonical_json
from llmops_magics.release.gate.result import GateDecision, RuleResult, Verdict

FOLDER_VARIABLE = "LLMOPS_GATE_RECORD"
FILE_NAME = "decision.json"


def deliver(decision: GateDecision) -> None:
    """Hand over the decision of this kernel; ``GateUsageError`` when one was handed over before."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return
    descriptor, written = tempfile.mkstemp(dir=folder, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical_json(decision))
        os.link(written, Path(folder, FILE_NAME))  # unlike rename, refuses to replace
    except FileExistsError:
        raise GateUsageError(
            "This notebook has decided already.",
            hint="A gold notebook calls llmops_magics.gate(...) once, as its last step.",
        ) from None
    finally:
        Path(written).unlink()


def collect(folder: Path) -> GateDecision | None:
    """Return what was delivered, None for nothing; ``GateRunError`` for what is no decision."""
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        return read_decision(json.loads(path.read_bytes()))
    except ValueError as error:
        raise GateRunError(f"The notebook delivered no readable decision: {error}.") from error


def read_decision(body: dict[str, Any]) -> GateDecision:
    """Build the decision that ``to_dict`` wrote; ``ValueError`` when it is none."""
    try:
        fields = dict(body)
        if fields.pop("kind") != GateDecision.kind:
            raise ValueError("it is another kind of record")
        rules = [RuleResult(**{**r, "verdict": Verdict(r["verdict"])}) for r in fields.pop("rules")]
        for name in ("resolved_models", "failing_cases"):
            fields[name] = tuple(fields[name])
        fields["verdict"] = Verdict(fields["verdict"])
        fields["cost_usd"] = Decimal(fields["cost_usd"])
        return GateDecision(rules=tuple(rules), **fields)
    except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
