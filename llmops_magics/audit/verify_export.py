"""Verify an exported audit trail with the standard library alone.

    python verify_export.py trail.jsonl [HEAD]

Each line is one event; its hash is the SHA-256 of the canonical JSON (sorted keys, no white space,
UTF-8) of all its other fields, and ``previous`` is the hash of the event before. So a change of any
event, or one that is missing, breaks every hash after it. Who can rewrite the whole file can make
a new chain: hold it against a HEAD that you were given otherwise, or the signed heads beside it
(``trail.heads.jsonl``), whose Ed25519 signatures are checked where ``cryptography`` is installed.
A signature shows that the owner of the key signed; whose key it is says a register of keys.
"""

# ruff: noqa: T201 -- a script of its own
from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

GENESIS = "sha256:" + "0" * 64


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def read_chain(path: Path) -> tuple[dict[int, str], list[str]]:
    """Return the hash of each event by number, and what is wrong."""
    hashes: dict[int, str] = {}
    problems: list[str] = []
    previous, expected = "", 0
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            event = json.loads(line)
            own, seq = event.pop("hash"), event["seq"]
            if digest(event) != own:
                problems.append(f"line {number}: event {seq} is not what its hash says")
            if number > 1 and (event["previous"] != previous or seq != expected):
                problems.append(f"line {number}: event {seq} does not follow the one before it")
            if seq == 1 and event["previous"] != GENESIS:
                problems.append(f"line {number}: the first event follows another")
            hashes[seq], previous, expected = own, own, seq + 1
    return hashes, problems


def check_heads(path: Path, hashes: dict[int, str]) -> list[str]:
    """Return what the signed heads contradict."""
    problems = []
    last = max(hashes, default=0)
    for line in path.read_text(encoding="utf-8").splitlines():
        head = json.loads(line)
        seq = head["seq"]
        if min(hashes, default=0) <= seq <= last and hashes.get(seq) != head["head"]:
            problems.append(f"event {seq} is not the one whose hash {head['key_id']} signed")
        if seq > last:
            problems.append(f"event {seq} was signed by {head['key_id']} and is not here")
        problems += check_signature(head)
    return problems


def check_signature(head: dict[str, Any]) -> list[str]:
    """Return what is wrong with the signature (DSSE v1, Ed25519) under a head."""
    envelope = json.loads(head["envelope"])
    payload = base64.b64decode(envelope["payload"])
    said = json.loads(payload)
    (subject,) = said["subject"]
    if f"sha256:{subject['digest']['sha256']}" != head["head"]:
        return [f"what {head['key_id']} signed is not the head of event {head['seq']}"]
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        print("signatures are not checked: there is no cryptography", file=sys.stderr)
        return []
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["predicate"]["signer"]["public"]))
    try:
        key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
    except InvalidSignature:
        return [f"the signature of {head['key_id']} under event {head['seq']} does not hold"]
    return []


def main(arguments: list[str]) -> int:
    """Verify one file; exit code 1 if anything is wrong."""
    path = Path(arguments[0])
    hashes, problems = read_chain(path)
    heads = path.with_name(f"{path.stem}.heads.jsonl")
    if heads.exists():
        problems += check_heads(heads, hashes)
    if len(arguments) > 1 and arguments[1] not in hashes.values():
        problems.append(f"the head {arguments[1]} is not in the chain")
    for problem in problems:
        print(problem, file=sys.stderr)
    last = hashes[max(hashes)] if hashes else GENESIS
    print(f"{'BROKEN' if problems else 'ok'}: {len(hashes)} events, head {last}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
