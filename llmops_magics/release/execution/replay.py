"""Deciding again from an archive's own record, and what it means that the decision is the same.

Of a decision everything counts but when it was decided and the id of the run: each number, each
reason, each failing case, bit for bit. ``comparable`` is the digest of that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateUsageError
from llmops_magics.record import digest, digest_bytes, to_jsonable
from llmops_magics.release.dossier.archive import RECORD_NAME
from llmops_magics.release.execution.judgement import cells_of
from llmops_magics.release.execution.recording import RESPONSES, read_responses
from llmops_magics.release.execution.source import SourceNotebook
from llmops_magics.release.gate.result import GateDecision

NOT_COMPARED = frozenset({"decided_at", "run_id"})
MOST_DIFFERENCES = 5
_ABSENT = "nothing"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An archive whose answers can be used again."""

    gate_id: str
    folder: Path
    decision: dict[str, Any]
    comparable: str
    parameters: dict[str, Any]  # masked
    source: str  # the digest of the notebook
    cells: tuple[tuple[str, str], ...]  # the kind and the source of each, masked
    digest: str  # of the file with the answers
    cache: str  # how stored answers were declared

    @property
    def responses(self) -> Path:
        """The file with the answers."""
        return self.folder / RESPONSES

    def named(self) -> dict[str, str]:
        """Return what a replay of it says of it."""
        digests = {"comparable": self.comparable, "responses": self.digest}
        return {"gate_id": self.gate_id, **digests}

    def check(self, source: SourceNotebook, parameters: Mapping[str, Any]) -> None:
        """Raise ``GateUsageError`` where this would replay something else than was recorded."""
        if source.digest != self.source and cells_of(source.node()) != self.cells:
            raise GateUsageError(
                f"{source.path.name} is not the notebook that {self.gate_id} executed.",
                hint="Check out the commit that gate.json names, or run the gate live.",
            )
        if digest(parameters) != digest(self.parameters):
            raise GateUsageError(
                f"These are not the parameters of {self.gate_id}.",
                hint=f"They were: {json.dumps(self.parameters, ensure_ascii=False)}.",
            )


def read_recorded(folder: Path) -> Recorded:
    """Read an archive; ``GateUsageError`` for one that is none or cannot be replayed."""
    gate = _gate(folder)
    path = folder / RESPONSES
    if gate["decision"] is None:
        raise GateUsageError(f"{folder.name} came to no decision: there is nothing to replay.")
    if not path.is_file():
        raise GateUsageError(
            f"{folder.name} holds no record of its model calls.", hint="Run the gate live."
        )
    if digest_bytes(path.read_bytes()) != gate["files"].get(RESPONSES):
        raise GateUsageError(f"{RESPONSES} of {folder.name} was changed since it was sealed.")
    unkept = sum(
        line["answer"] is None and line["error"] is None for line in read_responses(path).lines
    )
    if unkept:
        raise GateUsageError(
            f"{folder.name} cannot be replayed: {unkept} answers held something that may not be "
            "kept, and only their digests were.",
            hint="Run the gate live.",
        )
    return Recorded(
        gate_id=gate["gate_id"],
        folder=folder,
        decision=gate["decision"],
        comparable=comparable(gate["decision"]),
        parameters=gate["parameters"],
        source=str(gate["digests"]["source"]),
        digest=str(gate["files"][RESPONSES]),
        cells=cells_of(_executed(folder, gate)),
        cache=str(gate.get("evidence", {}).get("cache", "")),
    )


def comparable(decision: GateDecision | Mapping[str, Any] | None) -> str:
    """Return the digest of what a replay must come to; "" for no decision."""
    return "" if decision is None else digest(_compared(decision))


def differences(then: Mapping[str, Any], now: GateDecision | None) -> tuple[str, ...]:
    """Say what a replay decided otherwise than the archive; empty for the very same decision."""
    if now is None:
        return ("The replay came to no decision.",)
    found = list(_differences("", _compared(then), _compared(now)))
    more = len(found) - MOST_DIFFERENCES
    said = [f"The replay decided otherwise: {each}." for each in found[:MOST_DIFFERENCES]]
    return (*said, *([f"{more} more fields differ."] if more > 0 else []))


def _compared(decision: GateDecision | Mapping[str, Any]) -> dict[str, Any]:
    body = json.loads(json.dumps(to_jsonable(decision)))
    return {name: value for name, value in body.items() if name not in NOT_COMPARED}


def _differences(path: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted(then.keys() | now.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _differences(inner, then.get(name, _ABSENT), now.get(name, _ABSENT))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _differences(f"{path}[{place}]", one, other)
    elif then != now:
        yield f"{path} is {_short(now)} and was {_short(then)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _gate(folder: Path) -> dict[str, Any]:
    try:
        gate = json.loads((folder / RECORD_NAME).read_bytes())
        gate["gate_id"], gate["decision"], gate["files"], gate["parameters"], gate["notebook"]
        gate["digests"]["source"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GateUsageError(
            f"{folder} is no archive of a gate.",
            hint="Give the folder that llmops gate wrote: it holds gate.json.",
        ) from error
    return dict(gate)


def _executed(folder: Path, gate: Mapping[str, Any]) -> Any:
    import nbformat

    path = folder / Path(str(gate["notebook"])).name
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise GateUsageError(f"{folder.name} holds no executed notebook {path.name}.") from error
