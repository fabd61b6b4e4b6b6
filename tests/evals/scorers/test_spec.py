from __future__ import annotations

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.registry import split_scorers
from llmops_magics.evals.scorers.spec import parse_spec


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("contains,groundedness", ["contains", "groundedness"]),
        (" a , ,b,", ["a", "b"]),
        ("length(min_words=1,max_words=5),a", ["length(min_words=1,max_words=5)", "a"]),
        ("json_fields(fields=[a,b.c]),x", ["json_fields(fields=[a,b.c])", "x"]),
        ("refusal(flag='a,)(b'),x", ["refusal(flag='a,)(b')", "x"]),
        ('a(b="\\",")', ['a(b="\\",")']),
        ("", []),
    ],
)
def test_commas_within_brackets_and_quotes_do_not_split(text, pieces):
    assert split_scorers(text) == pieces


@pytest.mark.parametrize("text", ["a(", "a)", "a(b=[1)]", "a(b='x)", "a" * 10_001])
def test_a_list_that_cannot_be_split_is_refused(text):
    with pytest.raises(ScorerError):
        split_scorers(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.05", 0.05),
        ("-3", -3),
        ("1_000", 1000),
        ("true", True),
        ("False", False),
        ("none", None),
        ("mysql", "mysql"),
        ("13a", "13a"),
        ("'a b'", "a b"),
        ("customer.name", "customer.name"),
        ("items[0].price", "items[0].price"),
        ("[a, 'b', 3]", ["a", "b", 3]),
        ("[]", []),
    ],
)
def test_literals_and_bare_words_are_read(written, value):
    assert parse_spec(f"x(y={written})").arguments == {"y": value}


@pytest.mark.parametrize(
    "text",
    [
        "x(1)",
        "x(y=)",
        "x(y=print())",
        "x(y=__import__('os').system('id'))",
        "x(y={'a': 1})",
        "x(y=1)(z=2)",
        "x(y=1) z",
        "x(y z=1)",
        "x(y=[" + "[" * 50 + "]" * 50 + "])",
        "x(y=" + "-" * 5000 + "1)",
        "1x(y=1)",
        "x(y=1,y=2)",
        "a,b(c=1)",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ScorerError):
        parse_spec(text)


def test_a_name_alone_has_no_arguments():
    assert parse_spec(" contains ").name == "contains"
    assert parse_spec("length()").arguments == {}
