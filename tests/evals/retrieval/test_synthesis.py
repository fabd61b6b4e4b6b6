"""What a model writes about a chunk, and which chunks it is asked about."""

from __future__ import annotations

import json

import pytest

from llmops_magics.evals.retrieval.synthesis import answer as reading
from llmops_magics.evals.retrieval.synthesis.answer import Written, copied_words, read_answer
from llmops_magics.evals.retrieval.synthesis.collect import QuestionScorer, take
from llmops_magics.evals.retrieval.synthesis.draw import draw
from llmops_magics.evals.retrieval.synthesis.prompt import chunk_case
from llmops_magics.evals.run import Sample
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.chunk import Chunk

PASSAGE = (
    "Orders can be returned within 42 days. The refund arrives in one week. "
    "Gift cards are never refunded. Gift cards are never refunded."
)
QUOTE = "Orders can be returned within 42 days."


def said(question="How long may I send something back?", quote=QUOTE):
    return json.dumps({"question": question, "quote": quote})


def chunk(document, number=0, text="", **more):
    words = text or f"{document} {number} " + " ".join(f"word{n}" for n in range(30))
    return Chunk(
        id=f"sha256:{document}{number:04d}{'0' * 20}", document_id=document, number=number,
        start=1000 * number, end=1000 * number + len(words), text=words, token_count=30, **more,
    )  # fmt: skip


def test_offsets_are_those_of_the_quote():
    found = read_answer(said(quote="The refund arrives in one week."), PASSAGE)
    assert found == Written(
        question="How long may I send something back?",
        quote="The refund arrives in one week.", start=39, end=70,
    )  # fmt: skip
    assert PASSAGE[39:70] == found.quote


@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "Here it is: {} Done.", "{}"])
def test_json_may_stand_in_a_fence_or_in_words(wrapped):
    assert read_answer(wrapped.replace("{}", said()), PASSAGE).quote == QUOTE


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("no idea", reading.NO_JSON),
        ('{"question": 3, "quote": []}', reading.NO_JSON),
        ("[" * 100_000, reading.NO_JSON),
        (said("", ""), reading.DECLINED),
        (said(quote="Orders can be returned in 42 days."), reading.NO_QUOTE),
        (said(quote="orders can be returned within 42 days."), reading.NO_QUOTE),
        (said(quote="Gift cards are never refunded."), reading.SEVERAL),
        (said(quote="42 days"), reading.SHORT_QUOTE),
        (said("Why?"), reading.NO_QUESTION),
        (said("How long\nmay I send it back?"), reading.NO_QUESTION),
        (said("How long is it?\x1b[31m"), reading.NO_QUESTION),
        (said("What does this passage say of refunds?"), reading.POINTING),
        (said("Is it true that orders can be returned within 42 days?"), reading.COPIED),
    ],
)
def test_what_is_of_no_use(answer, fault):
    assert read_answer(answer, PASSAGE) == fault


def test_the_longest_run_of_copied_words():
    assert copied_words("May orders be Returned within 42 days?", PASSAGE) == 5
    assert copied_words("Nothing of it", "") == 0


def test_one_chunk_of_each_document_before_a_second():
    chunks = [
        chunk(name, n) for name, count in (("a", 50), ("b", 2), ("c", 1)) for n in range(count)
    ]
    drawn = draw(chunks, 5, 0, ANONYMOUS)
    assert sorted(each.document_id for each in drawn.chunks) == ["a", "a", "b", "b", "c"]
    assert drawn.chunks == draw(list(reversed(chunks)), 5, 0, ANONYMOUS).chunks
    assert drawn.chunks != draw(chunks, 5, 1, ANONYMOUS).chunks
    assert len(draw(chunks, 100, 0, ANONYMOUS).chunks) == 53


def test_another_document_changes_no_draw_of_the_others():
    chunks = [chunk(name, n) for name in "abcd" for n in range(5)]
    before = {each.document_id: each.id for each in draw(chunks, 4, 3, ANONYMOUS).chunks}
    more = [*chunks, *(chunk("new", n) for n in range(5))]
    after = {each.document_id: each.id for each in draw(more, 5, 3, ANONYMOUS).chunks}
    assert before.items() <= after.items()


def test_short_equal_and_forbidden_chunks_are_not_drawn():
    same = " ".join(["the same words"] * 10)
    chunks = [
        chunk("a"), chunk("short", text="Contents"), chunk("secret", groups=("board",)),
        chunk("one", text=same), chunk("two", text=same),
    ]  # fmt: skip
    drawn = draw(chunks, 10, 0, ANONYMOUS)
    assert len(drawn.chunks) == 2
    assert (drawn.too_short, drawn.unreadable, drawn.candidates) == (1, 1, 3)
    board = Principal.of("eve", ["board"])
    assert "secret" in {each.document_id for each in draw(chunks, 10, 0, board).chunks}


def test_a_chunk_cannot_hold_its_own_fence():
    case = chunk_case(chunk("a", text=PASSAGE, title="Returns"))
    assert case.inputs["passage"] == PASSAGE
    assert case.inputs["boundary"] not in PASSAGE
    assert case.metadata["group"] == "a"


def sample(case, answer, **more):
    fields = {
        "case_id": case.id,
        "repeat": 0,
        "inputs": case.inputs,
        "expected": None,
        "output": answer,
        "error": "",
        "scores": (),
        "latency_ms": 1.0,
        "input_tokens": 1,
        "output_tokens": 1,
        "cost_usd": None,
    }
    return Sample(**(fields | more))


async def _scored(scorer, case, answer):
    context = ScorerContext(output=answer, inputs=case.inputs, case_id=case.id)
    return await scorer.score(context)


def test_queries_of_samples_with_everything_else_counted():
    import asyncio

    texts = [f"Number {n}. {PASSAGE}" for n in range(6)]
    chunks = [chunk(f"d{n}", 3, text=text) for n, text in enumerate(texts)]
    cases = [chunk_case(each) for each in chunks]
    answers = [
        said(), said("How long may I send something back then?"), said(quote="made up of words"),
        said("When is the money returned to me?"), "", "[masked]",
    ]  # fmt: skip
    scorer = QuestionScorer()
    scores = [
        asyncio.run(_scored(scorer, c, a))
        for c, a in list(zip(cases[:3], answers[:3], strict=True))
    ]
    assert [score.value for score in scores] == [True, True, False]
    assert scores[2].reason == reading.NO_QUOTE
    samples = [sample(c, a) for c, a in zip(cases, answers, strict=True)]
    samples[4] = sample(cases[4], "", error="no answer")
    samples[5] = sample(cases[5], "[masked]", is_masked=True)
    taken = take(samples, chunks, scorer.found)
    assert [query.text for query in taken.queries] == [
        "How long may I send something back?", "When is the money returned to me?",
    ]  # fmt: skip
    assert taken.dropped == {
        reading.NO_QUOTE: 1,
        reading.FAILED: 1,
        reading.MASKED: 1,
        reading.NEAR: 1,
    }
    (label,) = taken.queries[0].relevant
    assert (label.document_id, label.start, label.end) == ("d0", 3010, 3048)
    assert taken.queries[0].tags == ("synthetic",)
    assert taken.queries[0].group == "d0"
