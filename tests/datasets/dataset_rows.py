"""Rows of any JSON, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "-5", "+a", "@b", "\tc", "''", "'", "", " a ", "a,b\r\nc", '"', "\0", "\ufeff"]
)
SCALAR = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUE = st.recursive(
    SCALAR | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
NAME = st.sampled_from(["q", "=cmd()", "a:json", "b:text", ":json", "-x", "ключ", "a b", "group "])
ROW = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids().map(str) | st.uuids().map(lambda u: f"=-{u}"),
        "q": TEXT | VALUE,
        "expected": VALUE,
        "tags": st.lists(TEXT, max_size=3),
        "metadata": st.dictionaries(TEXT, VALUE, max_size=2),
        "group": st.sampled_from(["g1", 2, None]),
    },
)


def merged(rows_and_inputs):
    return [inputs | row for row, inputs in rows_and_inputs]


ROWS = st.lists(
    st.tuples(ROW, st.dictionaries(NAME, VALUE, max_size=3)), min_size=1, max_size=6
).map(merged)
