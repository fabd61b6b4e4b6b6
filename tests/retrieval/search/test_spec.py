from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.retrieval.search.spec import check_spec, make_searcher


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("dense", "dense"),
        ("lexical", "lexical"),
        ("hybrid", "hybrid"),
        ("hybrid+rerank:mine", "hybrid+rerank:mine"),
    ],
)
def test_a_word_names_a_retriever(ranked, spec, name):
    dense, lexical = ranked("a", name="dense"), ranked("b", name="lexical")
    namespace = {"mine": lambda _, texts: [0.0] * len(texts)}
    assert make_searcher(spec, dense=dense, lexical=lexical, namespace=namespace).name == name


@pytest.mark.parametrize("spec", ["", "bm25", "dense+rerank:", "rerank:mine", "dense lexical"])
def test_another_word_is_refused_with_the_words_there_are(spec):
    with pytest.raises(UsageError, match="dense, lexical, hybrid"):
        check_spec(spec)
