"""Signatures: a DSSE envelope (v1) around the canonical JSON of one in-toto statement.

The statement itself names its signer with the raw public key, so an envelope can be checked alone;
whose key that is says the register. There is exactly one signature, and exactly one way to write
an envelope: what is not byte for byte as ``to_json`` writes it is refused, so no byte of a file
can change unseen. Format: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from llmops_magics.audit.signing.key import SCHEME, SigningKey, key_id_of
from llmops_magics.audit.signing.statement import check_statement
from llmops_magics.errors import SigningError
from llmops_magics.record import canonical_json, digest_bytes

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
SIGNER: Final = "signer"
MAX_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Signed bytes: ``payload`` is a statement's canonical JSON, ``signature`` 64 bytes."""

    payload: bytes
    key_id: str
    signature: bytes

    @property
    def digest(self) -> str:
        """Digest of what was signed."""
        return digest_bytes(self.payload)

    def to_json(self) -> str:
        """Return the envelope as DSSE has it, canonical and with a line's end."""
        made = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()}
            ],
        }
        return canonical_json(made).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Envelope:
        """Read what ``to_json`` wrote; ``SigningError`` for anything that differs from it."""
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if len(content) > MAX_BYTES:
            raise SigningError(f"an envelope of {len(content)} bytes is too large.")
        try:
            read = json.loads(content)
            (only,) = read["signatures"]
            made = cls(
                payload=base64.b64decode(read["payload"], validate=True),
                key_id=only["keyid"],
                signature=base64.b64decode(only["sig"], validate=True),
            )
            is_same = made.to_json().encode() == content
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SigningError("this is no signed envelope with one signature.") from error
        if not is_same:
            raise SigningError(
                "the envelope is not as it was written.",
                hint="Another payload type, a field, a byte or a line was added or changed.",
            )
        return made


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A signature that holds: whose key it says it is, the key, and what was signed."""

    key_id: str
    public_hex: str
    name: str
    statement: dict[str, Any]


def sign_statement(key: SigningKey, made: Mapping[str, Any]) -> Envelope:
    """Sign a statement; its predicate gets ``signer`` (name, key_id, public). ``SigningError``."""
    from securesystemslib import dsse

    check_statement(made)
    if SIGNER in made["predicate"]:
        raise SigningError("the predicate names a signer already.")
    signer = {"name": key.name, "key_id": key.key_id, "public": key.public_hex}
    payload = canonical_json({**made, "predicate": {**made["predicate"], SIGNER: signer}})
    pae = dsse.Envelope(payload, PAYLOAD_TYPE, {}).pae()
    return Envelope(payload=payload, key_id=key.key_id, signature=key.sign(pae))


def verify(envelope: Envelope, public_keys: Iterable[str] | None = None) -> Verified:
    """Check a signature; ``SigningError`` where it does not hold.

    ``public_keys`` (raw, hexadecimal) are those that may have signed; left out, any: the
    signature is then checked with the key that the statement names, whoever's that is.
    """
    made = read_payload(envelope.payload)
    name, public_hex = _signer(made, envelope.key_id)
    if public_keys is not None and public_hex not in set(public_keys):
        raise SigningError(f"{envelope.key_id} is none of the keys that may have signed this.")
    _check(envelope, public_hex)
    return Verified(key_id=envelope.key_id, public_hex=public_hex, name=name, statement=made)


def read_payload(payload: bytes) -> dict[str, Any]:
    """Return the statement in a payload; ``SigningError`` unless it is one, in canonical JSON."""
    try:
        made = json.loads(payload)
        is_same = canonical_json(made) == payload
    except (ValueError, RecursionError) as error:
        raise SigningError("what was signed is no JSON.") from error
    check_statement(made)
    if not is_same:
        raise SigningError("what was signed is no canonical JSON: it can be read in two ways.")
    return dict(made)


def _signer(made: Mapping[str, Any], key_id: str) -> tuple[str, str]:
    said = made["predicate"].get(SIGNER)
    if not isinstance(said, dict) or set(said) != {"name", "key_id", "public"}:
        raise SigningError("the statement does not name its signer.")
    if not all(isinstance(value, str) for value in said.values()):
        raise SigningError("the statement does not name its signer in words.")
    if not said["key_id"] == key_id == key_id_of(said["public"]):
        raise SigningError("the signature's key is not the one that the statement names.")
    return said["name"], said["public"]


def _check(envelope: Envelope, public_hex: str) -> None:
    from securesystemslib import dsse
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Signature, SSlibKey

    key = SSlibKey(envelope.key_id, SCHEME, SCHEME, {"public": public_hex})
    signature = Signature(envelope.key_id, envelope.signature.hex())
    signed = dsse.Envelope(envelope.payload, PAYLOAD_TYPE, {envelope.key_id: signature})
    try:
        signed.verify([key], 1)
    except VerificationError as error:
        raise SigningError(
            f"the signature by {envelope.key_id} does not hold: what was signed, or the "
            "signature, was changed."
        ) from error
