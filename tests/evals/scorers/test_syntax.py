"""sql_syntax, code_syntax, and the fences they look into."""

from __future__ import annotations

import time

import pytest

from llmops_magics.evals.scorers.fence import code_of


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT a, b FROM t WHERE c = 1;", True),
        ("WITH x AS (SELECT 1) SELECT * FROM x", True),
        ("INSERT INTO t VALUES (1); DELETE FROM t", True),
        ("Here it is:\n```sql\nSELECT 1\n```\nDone.", True),
        ("EXPLAIN SELECT 1", True),
        ("SELECT * FROM", False),
        ("SELECT a b c FROM t", False),
        ("I am sorry, I cannot do that.", False),
        ("sorry", False),
        ("1 + 1", False),
        ("", False),
        ("-- only a comment", False),
    ],
)
def test_sql(judge, sql, value):
    assert judge("sql_syntax", sql).value is value


def test_a_dialect_decides_what_is_sql(judge):
    assert judge("sql_syntax(dialect=mysql)", "SELECT `a b` FROM t").value is True
    assert judge("sql_syntax(dialect=postgres)", "SELECT `a b` FROM t").value is False
    assert judge("sql_syntax(fenced=false)", "```sql\nSELECT 1\n```").value is False


def test_sql_says_where_it_is_wrong(judge):
    assert "line 2" in judge("sql_syntax", "SELECT a\nFROM t WHERE (").reason


@pytest.mark.parametrize("sql", ["SELECT " + "(" * 5000, "SELECT " + "NOT " * 9000 + "1"])
def test_sql_that_is_nested_too_deeply_is_missing(judge, sql):
    assert judge("sql_syntax", sql).value is None


@pytest.mark.parametrize(
    ("language", "code", "value"),
    [
        ("python", "def f(x):\n    return x", True),
        ("python", "def f(x)\n    return x", False),
        ("python", "Text.\n```python\nx = 1\n```\nand\n```\ny = (\n```", False),
        ("python", "x = '\\d'", True),
        ("python", "a\x00b", False),
        ("python", " ", False),
        ("json", '{"a": 1}', True),
        ("json", "{'a': 1}", False),
        ("toml", "a = 1\n[b]\nc = 'd'", True),
        ("toml", "a = ", False),
        ("yaml", "a: 1\nb: [x, y]", True),
        ("yaml", "a: [1", False),
        ("yaml", "just a sentence", False),
        ("yaml", "a: &x [*x]\nb: !!python/object/apply:os.system [id]", True),  # is not made
    ],
)
def test_code(judge, language, code, value):
    assert judge(f"code_syntax(language={language})", code).value is value


HOSTILE = {
    "python": ("-" * 90_000 + "1", "not " * 20_000 + "1", "a" + ".b" * 40_000),
    "json": ("[" * 90_000,),
    "toml": ("a=" + "[" * 90_000, "[a\n" * 20_000, "a." * 40_000 + "b=1"),
    "yaml": ("[" * 90_000, "- " * 40_000, "&a" * 30_000),
}


@pytest.mark.parametrize("language", HOSTILE)
def test_hostile_code_ends_and_passes_nothing(judge, language):
    for code in HOSTILE[language]:
        started = time.monotonic()
        assert judge(f"code_syntax(language={language})", code).value is not True
        assert time.monotonic() - started < 20


def test_code_that_is_too_long_is_missing(judge):
    for spec in ("code_syntax", "sql_syntax"):
        assert "longer than 100000" in judge(spec, "x" * 100_001).reason


def test_fences():
    assert code_of("no fence") == ["no fence"]
    assert code_of("a\n```py\nx\n```\nb\n~~~\ny\n") == ["x\n", "y\n"]
    assert code_of("````\n```\nx\n```\n````") == ["```\nx\n```\n"]
    assert code_of("```x = 1```") == ["x = 1"]
