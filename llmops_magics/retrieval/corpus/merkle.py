"""The Merkle tree of a corpus: one digest of all documents, and short proofs that one was in it.

The construction is that of RFC 6962, section 2.1, with SHA-256:

- a leaf is ``SHA-256(0x00 || content)``, a node ``SHA-256(0x01 || left || right)``: neither can be
  taken for the other;
- the left half of ``n`` leaves are as many as the largest power of two below ``n``;
- no leaves at all are ``SHA-256("")``.

A corpus has one leaf a document, sorted by id: the canonical JSON of ``[id, digest]``. The proof
for one document among 100,000 is 17 digests, and whoever has the root needs nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from llmops_magics.record import DIGEST_ALGORITHM, canonical_json

_LEAF, _NODE = b"\x00", b"\x01"


def leaf(document_id: str, digest: str) -> bytes:
    """Return the content of a document's leaf."""
    pair = json.dumps([document_id, digest], ensure_ascii=False, separators=(",", ":"))
    try:
        return pair.encode()  # the same, and quicker
    except UnicodeEncodeError:
        return canonical_json([document_id, digest])


def leaves(documents: Iterable[tuple[str, str]]) -> list[bytes]:
    """Return the leaves of documents given as (id, digest), in the order of the tree."""
    return [leaf(*document) for document in sorted(documents)]


def root(leaves: Sequence[bytes]) -> str:
    """Return the root of a tree of leaves, tagged with its algorithm."""
    level = [_hash(_LEAF, content) for content in leaves]
    while len(level) > 1:
        level = _parents(level)
    return _tagged(level[0] if level else hashlib.sha256().digest())


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """Return the siblings on the way from one leaf to the root, the lowest first (2.1.1).

    Raises ``IndexError`` where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level, path = [_hash(_LEAF, content) for content in leaves], []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):  # the last of an odd level goes up as it is
            path.append(_tagged(level[sibling]))
        level, index = _parents(level), index // 2
    return tuple(path)


def verify(content: bytes, index: int, size: int, proof: Sequence[str], root: str) -> bool:
    """Tell whether a leaf stands at ``index`` of the tree of ``size`` leaves with this root."""
    if not 0 <= index < size:
        return False
    digest, rest = _hash(_LEAF, content), list(proof)
    while size > 1:
        if index % 2 or index + 1 < size:
            sibling = _untagged(rest.pop(0)) if rest else None
            if sibling is None:
                return False
            pair = (sibling, digest) if index % 2 else (digest, sibling)
            digest = _hash(_NODE, *pair)
        index, size = index // 2, (size + 1) // 2
    return not rest and _tagged(digest) == root


def _parents(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    return [_hash(_NODE, *pair) for pair in pairs] + ([level[-1]] if len(level) % 2 else [])


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _tagged(digest: bytes) -> str:
    return f"{DIGEST_ALGORITHM}:{digest.hex()}"


def _untagged(tagged: str) -> bytes | None:
    try:
        digest = bytes.fromhex(tagged.removeprefix(f"{DIGEST_ALGORITHM}:"))
    except ValueError:
        return None
    return digest if len(digest) == hashlib.sha256().digest_size else None
