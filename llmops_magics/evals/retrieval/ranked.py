"""The ranked lists of a check, kept whole in one artifact beside its runs.

Drift needs them: what entered or left an index is seen in what the same queries find. One JSON
object, gzip without a time stamp, so equal lists have one digest, which is verified when read.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import ArtifactError
from llmops_magics.retrieval.measure.ranking import Hit
from llmops_magics.storage.packed import unpack

if TYPE_CHECKING:
    from llmops_magics.storage.artifact import Artifacts

_LEVEL = 5
_NONE = (ArtifactError, AttributeError, KeyError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class RankedLists:
    """Chunks by retriever and query, best first, with the index that they were fetched from."""

    query_ids: tuple[str, ...]
    indexes: Mapping[str, str]  # retriever -> fingerprint
    hits: Mapping[str, Sequence[Sequence[Hit]]]  # retriever -> a list a query

    def keep(self, artifacts: Artifacts) -> str:
        """Store the lists; return their digest."""
        body = {"query_ids": self.query_ids, "indexes": self.indexes, "hits": self.hits}
        text = json.dumps(body, separators=(",", ":"), sort_keys=True, allow_nan=False)
        return artifacts.put(gzip.compress(text.encode(), compresslevel=_LEVEL, mtime=0))

    def of(self, retriever: str) -> dict[str, Sequence[Hit]]:
        """Return one retriever's lists by query."""
        return dict(zip(self.query_ids, self.hits[retriever], strict=True))


def read_ranked(content: bytes) -> RankedLists:
    """Read what ``keep`` stored; raises ``ArtifactError`` for anything else."""
    try:
        body: dict[str, Any] = json.loads(unpack(content))
        hits = {
            retriever: tuple(tuple(Hit(*hit) for hit in own) for own in lists)
            for retriever, lists in body["hits"].items()
        }
        ids = tuple(body["query_ids"])
        return RankedLists(query_ids=ids, indexes=dict(body["indexes"]), hits=hits)
    except _NONE as error:
        raise ArtifactError(f"These are no ranked lists: {str(error).rstrip('.')}.") from None
