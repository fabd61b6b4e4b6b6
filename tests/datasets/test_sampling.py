import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.sampling import in_slice, sample
from llmops_magics.errors import UsageError


def cases(*tags):
    rows = [{"id": str(n), "q": n, "tags": [t] if t else []} for n, t in enumerate(tags)]
    return dataset_from_rows(rows, "d").cases


HUNDRED = cases(*("abc"[n % 10 > 5] for n in range(100)))  # 60 of a, 40 of b


def ids(drawn):
    return [case.id for case in drawn]


def test_a_seed_draws_the_same_cases_and_half_of_twice_as_many():
    assert ids(sample(HUNDRED, 10, 1)) == ids(sample(HUNDRED[::-1], 10, 1))[::-1]
    assert set(ids(sample(HUNDRED, 10, 1))) < set(ids(sample(HUNDRED, 20, 1)))
    assert ids(sample(HUNDRED, 10, 1)) != ids(sample(HUNDRED, 10, 2))
    assert len(sample(HUNDRED, 1000)) == 100


def test_strata_keep_their_proportions():
    drawn = sample(HUNDRED, 10, by="tags")
    assert sorted(case.tags[0] for case in drawn) == ["a"] * 6 + ["b"] * 4


def test_a_small_stratum_has_a_case_while_there_is_room():
    drawn = sample(cases(*["a"] * 98, "b", "c"), 4, by="tags")
    assert sorted(case.tags[0] for case in drawn) == ["a", "a", "b", "c"]


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1), st.integers(1, 60))
def test_a_sample_has_as_many_as_were_asked_for(tags, n):
    assert len(sample(cases(*tags), n, by="tags")) == min(n, len(tags))


def test_a_slice_is_a_tag_or_a_value():
    rows = [
        {"q": 1, "lang": "de", "tags": ["x", "a=b"], "group": "g"},
        {"q": True, "expected": "y"},
    ]
    one, two = dataset_from_rows(rows, "d").cases
    for expression in ("x", "lang=de", "q=1", "group=g", "id=case-001", "a=b"):
        assert (in_slice(expression)(one), in_slice(expression)(two)) == (True, False), expression
    assert in_slice("expected=y")(two)
    with pytest.raises(UsageError, match="is no slice"):
        in_slice("=x")


def test_no_case_is_no_sample():
    with pytest.raises(UsageError, match="not 0"):
        sample(HUNDRED, 0)
