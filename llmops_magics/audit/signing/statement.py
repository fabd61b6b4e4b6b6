"""What is signed: an in-toto Statement v1, which says something of things named by digest.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. Any tool that knows
it can tell what a signature of ours covers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from llmops_magics.errors import SigningError
from llmops_magics.record import to_jsonable

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
_BASE: Final = "https://llmops-magics.dev/attestation"
GATE_RUN: Final = f"{_BASE}/gate-run/v1"
APPROVAL: Final = f"{_BASE}/approval/v1"
LOG_HEAD: Final = f"{_BASE}/log-head/v1"
REVIEW: Final = f"{_BASE}/review/v1"
PREDICATE_TYPES: Final = (GATE_RUN, APPROVAL, LOG_HEAD, REVIEW)
_FIELDS: Final = {"_type", "subject", "predicateType", "predicate"}
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def statement(
    predicate_type: str, subjects: Mapping[str, str], predicate: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a statement; ``subjects`` are names with digests (``sha256:…``).

    Raises ``SigningError`` for one without a subject, or with a digest that is none.
    """
    made = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": _split(name, subjects[name])} for name in sorted(subjects)
        ],
        "predicateType": predicate_type,
        "predicate": to_jsonable(predicate),
    }
    check_statement(made)
    return made


def subjects_of(made: Mapping[str, Any]) -> dict[str, str]:
    """Return the names and digests (``sha256:…``) that a statement is of."""
    return {each["name"]: f"sha256:{each['digest']['sha256']}" for each in made["subject"]}


def check_statement(made: Any) -> None:
    """Raise ``SigningError`` unless something is a statement of a type known here."""
    if not isinstance(made, dict) or set(made) != _FIELDS or made["_type"] != STATEMENT_TYPE:
        raise SigningError("what was signed is no in-toto statement.")
    if made["predicateType"] not in PREDICATE_TYPES:
        raise SigningError(f"a statement of unknown type: {str(made['predicateType'])[:200]!r}.")
    if not isinstance(made["predicate"], dict) or not made["predicate"]:
        raise SigningError("a signed statement says nothing of its subjects.")
    subjects = made["subject"]
    if not isinstance(subjects, list) or not subjects:
        raise SigningError("a signed statement has no subject.")
    names = [_checked_name(each) for each in subjects]
    if len(set(names)) != len(names):
        raise SigningError("a signed statement names one subject twice.")


def _checked_name(subject: Any) -> str:
    is_right = (
        isinstance(subject, dict)
        and set(subject) == {"name", "digest"}
        and isinstance(subject["name"], str)
        and bool(subject["name"])
        and isinstance(subject["digest"], dict)
        and set(subject["digest"]) == {"sha256"}
        and _DIGEST.fullmatch(f"sha256:{subject['digest']['sha256']}") is not None
    )
    if not is_right:
        raise SigningError("a signed statement has a subject without a name and sha256 digest.")
    return str(subject["name"])


def _split(name: str, digest: str) -> dict[str, str]:
    if not _DIGEST.fullmatch(digest):
        raise SigningError(f"{name!r} has no digest: {digest[:80]!r} is none.")
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}
