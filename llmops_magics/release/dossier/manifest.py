"""What is signed of a gate run: an in-toto statement over every file, in a DSSE envelope.

The envelope holds the public key, so a copied folder can be checked alone. ``dossier.sum`` beside
it has the digests of the envelope's own blocks: it proves nothing (whoever changes the one can
change the other) and only serves to say which byte of the envelope is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.audit.signing.statement import GATE_RUN, statement
from llmops_magics.record import canonical_json, digest, digest_bytes
from llmops_magics.release.dossier.blocks import BLOCK_BYTES, DIGITS, Wrong, block_digests
from llmops_magics.release.dossier.blocks import first_wrong as first_wrong_block

if TYPE_CHECKING:
    from llmops_magics.audit.signing.envelope import Envelope
    from llmops_magics.audit.signing.key import SigningKey
    from llmops_magics.release.gate.result import GateResult

ENVELOPE: Final = "dossier.dsse.json"
SUM: Final = "dossier.sum"
BESIDE: Final = frozenset({ENVELOPE, SUM})  # the files that no manifest can name
RECORD: Final = "gate.json"
RESOURCES: Final = "resources.json"


def said_of(result: GateResult) -> dict[str, Any]:
    """Return what the manifest says of a result; whoever reads it holds it against ``gate.json``.

    A predicate that says PASS over a record that says FAIL is then found.
    """
    decision = result.decision
    return {
        "gate_id": result.gate_id,
        "notebook": result.notebook,
        "verdict": result.verdict.value if result.verdict else "",
        "mode": result.mode,
        "environment": result.environment,
        "parameters": digest(result.parameters),
        "prompt": decision.prompt if decision else "",
        "prompt_digest": decision.prompt_digest if decision else "",
        "dataset_digest": decision.dataset_digest if decision else "",
        "index_fingerprint": decision.index_fingerprint if decision else "",
        "run_id": decision.run_id if decision else "",
        "finished_at": result.finished_at,
    }


def manifest(
    files: Mapping[str, bytes], result: GateResult, *, actor: str, signed_at: str
) -> dict[str, Any]:
    """Return the statement over all files of a dossier, by name; ``gate.json`` is among them."""
    predicate = {
        **said_of(result),
        "actor": actor,
        "runner": f"llmops-magics {result.packages.get('llmops-magics', '')}".strip(),
        "signed_at": signed_at,
        "block_bytes": BLOCK_BYTES,
        "files": {
            name: {"size": len(content), "blocks": block_digests(content)}
            for name, content in files.items()
        },
    }
    if RESOURCES in files:
        predicate["resources"] = digest_bytes(files[RESOURCES])
    digests = {name: digest_bytes(content) for name, content in files.items()}
    return statement(GATE_RUN, digests, predicate)


def signed_files(made: Mapping[str, Any], key: SigningKey) -> tuple[Envelope, dict[str, bytes]]:
    """Sign a manifest; return the envelope, and the two files that it goes into."""
    from llmops_magics.audit.signing.envelope import sign_statement

    envelope = sign_statement(key, made)
    content = envelope.to_json().encode()
    return envelope, {ENVELOPE: content, SUM: sum_of(content)}


def sum_of(envelope: bytes) -> bytes:
    """Return the content of ``dossier.sum``: the envelope's size, and a line a block."""
    lines = [f"{ENVELOPE} {len(envelope)}", *block_digests(envelope)]
    return ("\n".join(lines) + "\n").encode()


def wrong_in_envelope(envelope: bytes, sums: bytes) -> Wrong | None:
    """Return where an envelope is not the one that was summed; None if it is, or nobody knows."""
    try:
        first, *digests = sums.decode("ascii").splitlines()
        size = int(first.removeprefix(f"{ENVELOPE} "))
    except ValueError:
        return None
    if any(len(each) != DIGITS or set(each) - set("0123456789abcdef") for each in digests):
        return None
    return first_wrong_block(envelope, digests, size)


def canonical(value: Any) -> bytes:
    """Return a record file's content: canonical JSON on one line."""
    return canonical_json(value) + b"\n"
