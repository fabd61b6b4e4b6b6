"""The recorded answers of a gate, once more looked through for secrets before they are sealed.

What redaction would change was never recorded. The notebook is masked by the detector of secrets
too, which knows more; an answer in which it finds one is left out, its digest stays, and the
dossier says that it cannot be replayed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.record import canonical_json, digest_bytes
from llmops_magics.release.dossier.masking import mask_value
from llmops_magics.release.execution.recording import EVIDENCE, RESPONSES

if TYPE_CHECKING:
    from llmops_magics.release.gate.result import GateResult

CHAT: Final = "chat"
NOTE: Final = "{} recorded answers held a secret and are left out: this gate cannot be replayed."


def keep_no_secrets(ballot: Path, result: GateResult) -> GateResult:
    """Leave answers with a secret out of the ballot's record, and return the result that says so.

    Raises ``GateRunError`` where nobody could look, ``OSError`` where it cannot be written.
    """
    path = ballot / RESPONSES
    if not path.is_file():
        return result
    lines = path.read_bytes().splitlines(keepends=True)
    found = list(_with_secrets(lines))
    if not found:
        return result
    for index in found:
        lines[index] = canonical_json({**json.loads(lines[index]), "answer": None}) + b"\n"
    content = b"".join(lines)
    path.write_bytes(content)
    said = dict(result.evidence.get("responses") or {})
    said |= {"digest": digest_bytes(content), "is_replayable": False}
    said["unkept"] = said.get("unkept", 0) + len(found)
    note = NOTE.format(len(found))
    _amend(ballot / EVIDENCE, said, note)
    evidence = {**result.evidence, "responses": said}
    return replace(result, evidence=evidence, notes=(*result.notes, note))


def _with_secrets(lines: list[bytes]) -> Iterator[int]:
    """Yield which lines have an answer that masking would change; one look at all of them."""
    answers = dict(_answers(lines))
    masked = mask_value(list(answers.values()))
    for index, answer, now in zip(answers, answers.values(), masked, strict=True):
        if now != answer:
            yield index


def _answers(lines: list[bytes]) -> Iterator[tuple[int, Any]]:
    for index, line in enumerate(lines):
        try:
            recorded = json.loads(line)
        except (ValueError, RecursionError):  # the last one, cut by a kill
            continue
        if not isinstance(recorded, dict):  # the notebook wrote it; there is no verdict then
            continue
        answer = recorded.get("answer")
        if recorded.get("kind") == CHAT and isinstance(answer, dict):
            yield index, [answer.get("text"), answer.get("tool_calls")]


def _amend(path: Path, said: dict[str, Any], note: str) -> None:
    if path.is_file():
        body = json.loads(path.read_bytes())
        body |= {"responses": said, "notes": [*body.get("notes", []), note]}
        path.write_bytes(canonical_json(body))
