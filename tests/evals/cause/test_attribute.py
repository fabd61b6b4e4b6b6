"""Each class on corpora made by hand, and which of several pieces decides."""

from __future__ import annotations

import pytest

from llmops_magics.evals.cause.attribute import attribute
from llmops_magics.evals.cause.record import (
    GUESS,
    NARROWED,
    NOT_IN_CORPUS,
    NOT_RETRIEVED,
    STALE,
    UNKNOWN,
    UNUSED,
    WRONG,
)
from llmops_magics.retrieval.context import GivenPassage, Retrieved
from llmops_magics.retrieval.passage import Passage

OLD = "Send it back within 14 days. We refund the price in full."


def test_a_document_that_no_corpus_holds(hand):
    row = hand.only(hand.failing(hand.label("manual")))
    assert (row.cause, row.why) == (NOT_IN_CORPUS, "docs has no document manual")
    held = hand.holdings(source={**hand.texts, "manual": "The tank holds 5 litres."})
    assert "its source has one by now" in hand.only(hand.failing(hand.label("manual")), held).why


def test_the_index_holds_an_older_text(hand):
    held = hand.holdings(index={**hand.texts, "returns": OLD})
    case = hand.failing(hand.span("returns", "within 30 days"), given=("returns",), context=OLD)
    row = hand.only(case, held)
    assert (row.cause, row.evidence) == (STALE, "within 30 days")
    assert row.why == "the index holds another text than the corpus"
    whole = hand.failing(hand.label("returns"), given=("returns",), context=OLD)
    assert hand.only(whole, held).cause == STALE


def test_a_document_that_was_never_indexed_is_stale(hand):
    held = hand.holdings(index={d: t for d, t in hand.texts.items() if d != "returns"})
    row = hand.only(hand.failing(hand.label("returns")), held)
    assert (row.cause, row.why) == (STALE, "the index does not hold the document")


def test_the_source_holds_a_newer_text(hand):
    corpus = {**hand.texts, "returns": OLD}
    held = hand.holdings(corpus=corpus, index=corpus, source=hand.texts)
    case = hand.failing(
        hand.label("returns"), given=("returns",), context=OLD, expected="within 30 days"
    )
    row = hand.only(case, held)
    assert (row.cause, row.why) == (STALE, "the source holds another text than the corpus")
    gone = hand.holdings(source={"lamp": hand.texts["lamp"]})
    assert hand.only(hand.failing(hand.label("tank")), gone).why.endswith(
        "no longer has the document"
    )


def test_an_edit_elsewhere_in_the_document_makes_no_span_stale(hand):
    held = hand.holdings(index={**hand.texts, "tank": hand.texts["tank"].replace("18", "17")})
    case = hand.failing(hand.span("tank", "holds 3.2 litres"), given=("lamp",))
    assert hand.only(case, held).cause == NOT_RETRIEVED


def test_what_was_not_retrieved_has_its_rank(hand):
    case = hand.failing(hand.label("tank"), given=("lamp",))
    row = hand.only(case)
    assert (row.cause, row.rank, row.depth) == (NOT_RETRIEVED, 3, 100)
    assert row.why == "it stood at rank 3"
    beyond = hand.only(case, hand.holdings(rank=hand.ranking("lamp"), depth=50))
    assert (beyond.rank, beyond.why) == (None, "it stood beyond 50")
    unsearched = hand.only(case, hand.holdings(rank=None))
    assert (unsearched.rank, unsearched.depth) == (None, 0)


def test_another_part_of_the_document_is_not_the_evidence(hand):
    text = hand.texts["tank"]
    place = text.index("A full")
    given = Retrieved(
        passages=(GivenPassage(document_id="tank", rank=1, start=0, end=place),),
        corpus="docs", index="i1", question="How long does a full tank last?",
    )  # fmt: skip
    case = hand.failing(hand.span("tank", "18 days"), retrieved=given, context=text[:place])

    def rank(queries):
        parts = [(0, place), (place, len(text))]
        return [
            [
                Passage(document_id="tank", text=text[a:b], start=a, end=b, score=1.0, rank=n)
                for n, (a, b) in enumerate(parts, 1)
            ]
            for _ in queries
        ]

    row = hand.only(case, hand.holdings(rank=rank))
    assert (row.cause, row.rank) == (NOT_RETRIEVED, 2)
    assert row.why == "it stood at rank 2; another part of it was, at rank 1"


@pytest.mark.parametrize(
    ("answer", "cause", "share"),
    [
        ("I love that you ask about the water tank!", UNUSED, 0.0),
        ("I don't know.", UNUSED, 0.0),
        ("", UNUSED, 0.0),
        ("It holds 3.2 gallons.", WRONG, 0.5),
        ("The tank holds 4 litres.", WRONG, 0.5),
        ("It lasts 18 days.", UNUSED, 0.0),  # of the document, not of the evidence
    ],
)
def test_what_the_answer_drew_on(hand, answer, cause, share):
    row = hand.only(hand.failing(hand.span("tank", "3.2 litres"), answer=answer))
    assert (row.cause, row.share) == (cause, share)


def test_of_several_answers_one_that_draws_on_nothing_decides(hand):
    case = hand.failing(hand.span("tank", "3.2 litres"), answers=("It holds 4 litres.", "Hello!"))
    assert hand.only(case).cause == UNUSED


def test_of_several_pieces_the_first_stage_that_lost_one_decides(hand):
    used, missed = hand.span("tank", "3.2 litres"), hand.label("lamp")
    answer = "It holds 4 litres."
    assert hand.only(hand.failing(used, answer=answer)).cause == WRONG
    row = hand.only(hand.failing(used, missed, answer=answer))
    assert (row.cause, row.document_id, row.pieces) == (NOT_RETRIEVED, "lamp", 2)
    absent = hand.label("manual")
    for labels in ((used, missed, absent), (absent, missed, used)):
        assert hand.only(hand.failing(*labels, answer=answer)).cause == NOT_IN_CORPUS


def test_a_piece_of_which_nothing_is_known_hides_the_model_not_retrieval(hand):
    used, outside = hand.span("tank", "3.2 litres"), hand.label("tank", 500, 600)
    row = hand.only(hand.failing(used, outside))
    assert (row.cause, row.why) == (UNKNOWN, "the label names no text of tank")
    assert hand.only(hand.failing(outside, hand.label("manual"))).cause == NOT_IN_CORPUS


def test_a_label_of_a_document_is_narrowed_to_the_expected_answer(hand):
    case = hand.failing(hand.label("tank"), expected=["3.2 liters", "3.2 litres"])
    row = hand.only(case)
    assert (row.basis, row.evidence) == (NARROWED, "3.2 litres")


def test_a_quote_is_found_where_it_stands_now(hand):
    moved = hand.label("tank", 500, 510, quote="holds  3.2 litres")
    assert hand.only(hand.failing(moved)).cause == UNUSED
    other = hand.label("tank", 0, 5, quote="holds 9 litres")
    row = hand.only(hand.failing(other))
    assert (row.cause, row.why) == (UNKNOWN, "the label quotes a text that tank does not have")


def test_without_labels_the_expected_answer_is_looked_for_and_that_is_a_guess(hand):
    row = hand.only(hand.failing(expected="3.2 litres", given=("lamp",)))
    assert (row.cause, row.document_id, row.basis) == (NOT_RETRIEVED, "tank", GUESS)
    assert row.is_guess
    unknown = hand.only(hand.failing(expected="whatever you like"))
    assert unknown.cause == UNKNOWN
    assert "its expected answer stands in no document" in unknown.why
    assert hand.only(hand.failing(expected=None)).cause == UNKNOWN
    assert hand.only(hand.failing(expected="yes")).cause == UNKNOWN


def test_of_alternatives_the_one_that_came_furthest_counts(hand):
    texts = {**hand.texts, "copy": "Our tank takes 3.2 litres of water."}
    held = hand.holdings(corpus=texts, index=texts)
    row = hand.only(hand.failing(expected="3.2 litres"), held)
    assert (row.cause, row.document_id) == (UNUSED, "tank")


def test_where_only_the_source_has_the_expected_answer_the_corpus_is_stale(hand):
    corpus = {**hand.texts, "returns": OLD}
    held = hand.holdings(corpus=corpus, index=corpus, source=hand.texts)
    row = hand.only(hand.failing(expected="within 30 days"), held)
    assert (row.cause, row.basis) == (STALE, GUESS)


def test_documents_that_nobody_registered(hand):
    held = hand.holdings(corpus={}, is_registered=False)
    assert hand.only(hand.failing(hand.label("tank")), held).cause == UNUSED
    assert hand.only(hand.failing(expected="22 watts"), held).cause == NOT_RETRIEVED


def test_a_case_that_names_no_corpus(hand):
    held = hand.holdings(name="", corpus={}, index=None, rank=None)
    assert hand.only(hand.failing(hand.label("tank")), held).cause == UNUSED
    row = hand.only(hand.failing(hand.label("lamp")), held)
    assert (row.cause, "nobody says which corpus" in row.why) == (UNKNOWN, True)


def test_a_context_that_was_given_before_the_index_moved_counts_as_it_was(hand):
    held = hand.holdings(index={**hand.texts, "tank": "Gone."}, fingerprint="i2")
    row = hand.only(hand.failing(hand.span("tank", "3.2 litres")), held)
    assert row.cause == UNUSED
    older = hand.failing(hand.label("returns"), given=("returns",), context=OLD)
    row = hand.only(older, hand.holdings(fingerprint="i2"))
    assert (row.cause, row.why) == (STALE, "the context held another text than the corpus has now")


def test_a_problem_of_the_case_is_said(hand):
    row = hand.only(hand.failing(hand.label("tank"), problem="the call failed"))
    assert (row.cause, row.why, row.document_id) == (UNKNOWN, "the call failed", "")


def test_equal_cases_have_equal_causes_in_their_order(hand):
    cases = [
        hand.failing(hand.label(d), given=("tank",), case_id=d) for d in ("lamp", "tank", "manual")
    ]
    first = attribute(cases, hand.holdings())
    assert first == attribute(cases, hand.holdings())
    assert [row.case_id for row in first] == ["lamp", "tank", "manual"]
    backwards = attribute(list(reversed(cases)), hand.holdings())
    assert sorted(backwards, key=str) == sorted(first, key=str)


@pytest.mark.parametrize(
    "text", ["(" * 3000, "a" * 100_000, "\x00\ud83d\u202e", "<script>" * 99, ".*+?[", "\n" * 5000]
)
def test_hostile_texts_are_words_like_others(hand, text):
    texts = {**hand.texts, "bad": f"{text} 3.2 litres {text}"}
    held = hand.holdings(corpus=texts, index=texts)
    labelled = hand.failing(hand.label("bad", 0, len(text)), given=(), context=text, answer=text)
    assert hand.only(labelled, held).cause
    assert hand.only(hand.failing(expected=text[:1999], answer=text, question=text), held).cause
