from __future__ import annotations

import pytest

from llmops_magics.errors import ArtifactError
from llmops_magics.evals.retrieval.ranked import RankedLists, read_ranked
from llmops_magics.retrieval.measure.ranking import Hit

LISTS = RankedLists(
    query_ids=("q1", "q2"),
    indexes={"dense": "sha256:a"},
    hits={"dense": ((Hit("d", 0, 9, 0.25), Hit("e", 3, None, 0.1)), ())},
)


def test_they_come_back_and_equal_ones_have_one_digest(store):
    address = LISTS.keep(store.artifacts)
    assert address == LISTS.keep(store.artifacts)
    found = read_ranked(store.artifacts.get(address))
    assert found == LISTS
    assert found.of("dense")["q1"][1] == Hit("e", 3, None, 0.1)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b\x08\x00"])
def test_what_is_none_is_refused(content):
    with pytest.raises(ArtifactError, match="no ranked lists"):
        read_ranked(content)
