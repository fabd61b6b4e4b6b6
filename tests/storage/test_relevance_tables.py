"""What was said of a passage is never changed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from llmops_magics.evals.retrieval.labelling.label import PassageKey
from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.storage.store import Store


@pytest.mark.parametrize(
    "change", ["UPDATE relevance_label SET grade = 3", "DELETE FROM relevance_label"]
)
def test_a_label_is_never_changed(tmp_path, change):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    LabelLog(store, "docs").append({PassageKey("sha256:0", "d", 0, 9): (1, "sha256:1")})
    with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
        connection.execute(text(change))
    store.close()
