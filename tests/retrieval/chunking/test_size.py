from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.size import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", "200/0"),
        ("400", "400/0"),
        ("200/20", "200/20"),
        ("200/10%", "200/20"),
        ("5/99%", "5/4"),
    ],
)
def test_sizes(text, size):
    assert str(parse_size(text)) == size


@pytest.mark.parametrize(
    "text", ["0", "-5", "20/20", "20/30", "200/100%", "many", "1e3", "9999999"]
)
def test_what_is_no_size(text):
    with pytest.raises(RetrievalError, match="no size of chunks"):
        parse_size(text)
