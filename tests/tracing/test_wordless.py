from __future__ import annotations

import pytest
from trace_spans import span

from llmops_magics.tracing.masking import Masking
from llmops_magics.tracing.wordless import REDACTED, wordless


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("found", 3, True),
        ("share", 0.5, True),
        ("is_new", True, True),
        ("counts", [1, 2.5, True], True),
        ("note", "a word", False),
        ("note", "word", False),
        ("notes", ["a", 1], False),
        ("more", {"k": 1}, False),
        ("session.id", "chat-17", True),
        ("user.id", "ada", True),
        ("user.id", "[email]", True),
        ("user.id", "Ada, who wrote to us about her order", False),
        ("session.id", "x" * 129, False),
        ("gen_ai.request.model", "openai/gpt-4.1-mini", True),
        ("gen_ai.my.note", "some words", False),
        ("llmops.notebook", "My first notebook.ipynb", True),
        ("llmops.note", "x", False),
    ],
)
def test_numbers_and_short_ids_are_kept_and_no_words(name, value, kept):
    assert wordless(name, value) == (value if kept else REDACTED)


def test_without_content_a_span_keeps_the_keys_and_no_free_text():
    given = {
        "order": "blue shoes", "items": 2, "user.id": "ada", "gen_ai.prompt.variable.x": "blue",
        "gen_ai.response.finish_reasons": ("stop",), "llmops.output": '["blue"]',
    }  # fmt: skip
    kept = Masking(with_content=False).span(span(**given)).attributes
    assert kept.keys() >= given.keys()
    assert "blue" not in str(kept)
    assert (kept["items"], kept["user.id"]) == (2, "ada")
    assert kept["gen_ai.response.finish_reasons"] == ["stop"]
