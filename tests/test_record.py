from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics import record
from llmops_magics.record import (
    Record,
    View,
    canonical_json,
    digest,
    digest_bytes,
    format_time,
    parse_time,
    to_jsonable,
    utc_now,
)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(), v, max_size=4)
)


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer(Record):
    kind: ClassVar[str] = "answer"

    text: str
    cost_usd: Decimal = Decimal("0.10")
    cache: int = dataclasses.field(default=0, metadata={"stored": False})


@given(st.dictionaries(st.text(), VALUES))
def test_the_order_of_keys_does_not_matter(value):
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    assert digest(turned) == digest(value)


@given(VALUES)
def test_the_digest_survives_a_round_trip_through_json(value):
    assert digest(json.loads(canonical_json(value))) == digest(value)


@given(st.text(st.characters()) | st.dictionaries(st.text(st.characters()), st.text()))
def test_any_text_can_be_serialised_even_lone_surrogates(value):
    assert json.loads(canonical_json(value).decode("utf-8")) == to_jsonable(value)


def test_lone_surrogates_are_replaced_and_their_neighbours_kept():
    assert to_jsonable({"a\ud800b": "x\udfffy"}) == {"a\ufffdb": "x\ufffdy"}
    assert to_jsonable("\ud83d\ude00!") == "\U0001f600!"  # a pair is one character


def test_canonical_json_has_sorted_keys_no_white_space_and_real_letters():
    assert canonical_json({"b": [1, 2.5], "a": "é"}) == '{"a":"é","b":[1,2.5]}'.encode()


def test_decimals_keep_their_digits():
    assert to_jsonable(Decimal("0.10")) == "0.10"
    assert to_jsonable(Decimal("1E-7")) == "0.0000001"


def test_times_are_utc_and_sort_as_text():
    there = datetime(2026, 1, 2, 5, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    assert to_jsonable(there) == "2026-01-02T03:04:05.000006Z"
    assert parse_time(format_time(there)) == there
    later = there + timedelta(microseconds=1)
    assert format_time(later) > format_time(there)
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_what_json_cannot_hold_is_null(number):
    assert canonical_json({"score": number}) == b'{"score":null}'


def test_enums_tuples_sets_and_numpy_scalars():
    value = {"e": Colour.RED, "t": (1, 2), "s": {"b", "a"}, "n": np.int64(3), "b": np.bool_(1)}
    assert to_jsonable(value) == {"e": "red", "t": [1, 2], "s": ["a", "b"], "n": 3, "b": True}


def test_digests_name_their_algorithm():
    expected = "sha256:" + hashlib.sha256(b'{"a":1}').hexdigest()
    assert digest({"a": 1}) == expected == digest_bytes(b'{"a":1}')


def test_a_record_is_its_fields_and_its_kind():
    answer = Answer(text="Paris", cache=7)
    assert answer.to_dict() == {"kind": "answer", "text": "Paris", "cost_usd": "0.10"}
    assert to_jsonable([answer]) == [answer.to_dict()]
    assert Answer.mime_type() == "application/vnd.llmops.answer.v1+json"
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.text = "Rome"  # type: ignore[misc]


def test_a_record_without_a_view_shows_its_repr():
    assert Answer(text="Paris")._repr_mimebundle_() == {"text/plain": repr(Answer(text="Paris"))}


def test_a_record_shows_its_view_and_outside_a_gate_the_live_part(monkeypatch):
    view = View(html=lambda r: f"<b>{r.text}</b>", text=lambda r: r.text)
    monkeypatch.setitem(record.VIEWS, "answer", view)
    monkeypatch.setitem(record.LIVE_VIEWS, "answer", lambda _: {"application/live": 1})
    monkeypatch.delenv("LLMOPS_GATE", raising=False)
    bundle = Answer(text="Paris")._repr_mimebundle_(include=None, exclude=None)
    assert (bundle["text/plain"], bundle["text/html"]) == ("Paris", "<b>Paris</b>")
    assert bundle[Answer.mime_type()] == Answer(text="Paris").to_dict()
    assert bundle["application/live"] == 1
    monkeypatch.setenv("LLMOPS_GATE", "1")
    assert "application/live" not in Answer(text="Paris")._repr_mimebundle_()
