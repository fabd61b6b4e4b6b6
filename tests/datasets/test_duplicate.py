import random

import pytest

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.duplicate import find_duplicates
from llmops_magics.datasets.shingle import signatures, similarity


def cases(*texts, expected=None):
    rows = [{"id": str(n), "q": text, "expected": expected} for n, text in enumerate(texts)]
    return dataset_from_rows(rows, "d").cases


def words(seed, n=30):
    made = random.Random(seed)
    return ["".join(made.choice("abcdefghij") for _ in range(made.randint(3, 8))) for _ in range(n)]


def test_case_white_space_and_unicode_form_make_no_difference():
    found = find_duplicates(cases("Caf\u00e9  au lait", "cafe\u0301 AU\nlait\u200b", "tea"))
    assert [group.ids for group in found.exact] == [("0", "1")]
    assert (found.near, found.extra) == ((), 1)


def test_different_answers_to_one_question_conflict():
    rows = [{"q": "x", "expected": e} for e in ("a", None, "b")]
    (group,) = find_duplicates(dataset_from_rows(rows, "d").cases).exact
    assert group.conflicting
    (group,) = find_duplicates(dataset_from_rows(rows[:2], "d").cases).exact
    assert not group.conflicting  # nothing is expected of the second


def test_similarity_is_the_share_of_common_shingles():
    assert similarity("abcdefg", "abcdefh") == 2 / 4  # abcde, bcdef of those and cdefg, cdefh
    assert similarity("abc", "abc") == 1
    assert similarity("", "abc") == 0


def test_signatures_agree_as_often_as_texts_are_similar():
    one, other = " ".join(words(1, 60)), " ".join(words(1, 60)[:45] + words(2, 15))
    signed = signatures([one, other, one])
    agree = (signed[0] == signed[1]).mean()
    assert abs(agree - similarity(one, other)) < 0.2  # 3 standard errors of 64 draws
    assert (signed[0] == signed[2]).all()


def test_a_texts_signature_does_not_depend_on_its_neighbours():
    together = signatures(["short", "a", "", "somewhat longer text", "end"])
    for text, signature in zip(["a", "", "end"], together[[1, 2, 4]], strict=True):
        assert (signatures([text])[0] == signature).all()


@pytest.mark.parametrize("changed", [1, 2])
def test_nearly_the_same_is_found_and_different_is_not(changed):
    texts = [" ".join(words(seed)) for seed in range(200)]
    near = [" ".join(words(seed)[:-changed] + ["other"] * changed) for seed in range(50)]
    found = find_duplicates(cases(*texts, *near))
    assert {(pair.first, pair.second) for pair in found.near} == {
        (str(n), str(200 + n)) for n in range(50)
    }
    assert all(0.8 <= pair.similarity < 1 for pair in found.near)


def test_thousands_of_one_kind_are_linked_without_comparing_all():
    body = " ".join(words(1, 40))
    found = find_duplicates(cases(*(f"{body} {n}" for n in range(3_000))))
    assert len(found.near) == 2_999  # one cluster
    assert found.is_complete


def test_one_case_and_empty_inputs_are_no_trouble():
    assert find_duplicates(cases("x")).near == ()
    assert find_duplicates(cases("", None)).exact[0].ids == ("0", "1")
