"""Which cases belong together: the ``group`` of a case, as a sample carries it.

A group is often a customer or a document, so its name may be personal data. Then it goes by a
digest: different groups stay different, which masking would not keep.
"""

from __future__ import annotations

from llmops_magics.datasets.case import Case
from llmops_magics.record import digest
from llmops_magics.redaction import redact

GROUP = "group"  # the key in a case's metadata
_DIGEST_CHARS = len("sha256:") + 12


def group_of(case: Case) -> str:
    """Return the group of a case as text, "" for none; of what must be masked, its digest."""
    group = case.metadata.get(GROUP)
    if group is None or group == "":
        return ""
    text = str(group)
    return text if redact(text) == text else digest(text)[:_DIGEST_CHARS]
