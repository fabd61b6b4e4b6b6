from __future__ import annotations

import pandas as pd
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.context import attach_context, context_text

CASES = [{"id": "1", "question": "red?"}, {"id": "2", "question": "green?"}]


def test_texts_are_joined_by_a_blank_line(registry, documents):
    registry.build("colours", documents)
    (passages,) = registry.retrieve("colours", ["red"], k=2)
    assert context_text(passages) == "red red\n\nblue and red"
    assert context_text([]) == ""


def test_rows_and_tables_get_context_and_ids_and_stay_what_they_are(registry, documents):
    registry.build("colours", documents)
    rows = attach_context(CASES, registry, "colours")
    assert rows[1] == {**CASES[1], "context": "green", "retrieved": ["g"]}
    assert "context" not in CASES[1]
    table = attach_context(pd.DataFrame(CASES, index=[7, 9]), registry, "colours", k=2)
    assert table["retrieved"].tolist()[0] == ["r", "b"]
    assert table.index.tolist() == [7, 9]


def test_a_case_without_a_question_is_named(registry, documents):
    registry.build("colours", documents)
    with pytest.raises(RetrievalError, match=r"case 1 has no text under 'q'.*id, question"):
        attach_context(CASES, registry, "colours", question="q")
