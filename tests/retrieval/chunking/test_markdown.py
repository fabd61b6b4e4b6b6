from __future__ import annotations

from llmops_magics.retrieval.chunking.registry import chunker
from llmops_magics.retrieval.chunking.tokenizer import BYTES

WORDS = "word " * 12  # 12 tokens


def cut(text, size=20):
    return [text[a:b] for a, b in chunker(f"markdown:{size}", BYTES).split(text)]


def test_a_section_that_fits_stays_with_its_subsections():
    text = "# A\n\none two\n\n## B\n\nthree\n\n# C\n\nfour\n"
    assert cut(text) == ["# A\n\none two\n\n## B\n\nthree", "# C\n\nfour"]


def test_one_that_does_not_is_taken_apart_at_its_subsections():
    text = f"# A\n\n{WORDS}\n\n## B\n\n{WORDS}\n\n## C\n\n{WORDS}"
    assert [part.split("\n")[0] for part in cut(text)] == ["# A", "## B", "## C"]


def test_what_stands_before_the_first_heading_is_a_section():
    assert cut(f"{WORDS}\n\n# A\n\n{WORDS}") == [WORDS.strip(), f"# A\n\n{WORDS}".strip()]


def test_underlined_headings_and_windows_line_ends():
    assert cut("A\r\n===\r\n\r\none\r\n\r\nB\r\n===\r\n\r\ntwo") == [
        "A\r\n===\r\n\r\none",
        "B\r\n===\r\n\r\ntwo",
    ]


def test_a_hash_in_fenced_code_is_no_heading():
    text = "# A\n\n```python\n# a comment\nx = 1\n```\n\n~~~\n# more\n"
    assert cut(text) == [text.strip()]


def test_a_long_section_is_cut_between_blocks_and_fenced_code_stays_whole():
    code = "```\na = 1\n\nb = 2\n```"
    parts = cut(f"# A\n\n{WORDS}\n\n{code}\n\n{WORDS}")
    assert any(code in part for part in parts)
    assert all(BYTES.count(part) <= 20 for part in parts)


def test_a_block_that_is_too_long_is_cut_inside():
    parts = cut("# A\n\n" + "A sentence of words. " * 30)
    assert all(BYTES.count(part) <= 20 for part in parts)
    assert parts[0].startswith("# A")
