from __future__ import annotations

from types import SimpleNamespace

from llmops_magics.retrieval.measure.text import Tokens, texts_of_chunks

TEXT = "Don't panic: 42 tokens."  # Don ' t panic : 42 tokens .


def test_words_and_marks_are_tokens():
    tokens = Tokens({"d": TEXT})
    assert tokens.count("d") == 8
    assert tokens.count("d", 0, 5) == 3
    assert tokens.count("unknown") == 0


def test_a_token_belongs_where_it_begins_so_parts_add_up():
    tokens = Tokens({"d": TEXT})
    for cut in range(len(TEXT) + 1):
        assert tokens.count("d", 0, cut) + tokens.count("d", cut) == 8
    assert tokens.count("d", 9, 3) == 0


def chunk(start, end, document="d"):
    return SimpleNamespace(document_id=document, start=start, text=TEXT[start:end])


def test_a_document_is_put_together_from_chunks_that_overlap_or_leave_gaps():
    assert texts_of_chunks([chunk(6, 16), chunk(0, 9), chunk(16, 23)]) == {"d": TEXT}
    gap = texts_of_chunks([chunk(0, 5), chunk(13, 15), chunk(0, 3, "e")])
    assert gap == {"d": "Don't        42", "e": "Don"}
    assert texts_of_chunks([chunk(0, 16), chunk(2, 5)]) == {"d": TEXT[:16]}
