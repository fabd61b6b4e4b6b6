import pytest

from llmops_magics.errors import StoreError, UsageError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.freshness import (
    ALWAYS,
    NEVER,
    Decision,
    Entry,
    Failure,
    Lifetime,
    current_at,
    decide,
)
from llmops_magics.prompts.prompt import Prompt

PROMPT = Prompt(
    name="a",
    version=1,
    digest="sha256:0",
    labels=(),
    kept=PromptContent(messages=()),
    source="store",
    is_stale=False,
)
LIFE = Lifetime.of(60)
ENTRY = Entry.of(PROMPT, 1000)
FRESH, STALE = Decision(prompt=ENTRY.fresh), Decision(prompt=ENTRY.stale)
STALE_LOADING = Decision(prompt=ENTRY.stale, load=True)
WAIT = Decision()


@pytest.mark.parametrize(
    ("now", "failed_at", "decision"),
    [
        (1059.9, None, FRESH),
        (1060, None, STALE_LOADING),
        (1119.9, None, STALE_LOADING),
        (1120, None, WAIT),
        (1090, 1089.5, STALE),  # it has only just failed
        (1090, 1080, STALE_LOADING),
        (5000, 4999.5, STALE),
        (5000, 4998, STALE_LOADING),
        (5000, 4880, WAIT),
    ],
)
def test_the_age_decides(now, failed_at, decision):
    failure = None if failed_at is None else Failure(at=failed_at, error=StoreError("away"))
    assert decide(ENTRY, failure, now, LIFE) == decision


def test_nothing_remembered_is_waited_for():
    assert decide(None, None, 0, LIFE) == WAIT


def test_a_fallback_is_returned_only_while_the_store_is_known_to_be_away():
    entry = Entry.of(PROMPT, NEVER)
    assert decide(entry, None, 0, LIFE) == WAIT
    assert decide(entry, Failure(at=0, error=StoreError("away")), 5, LIFE).prompt == entry.stale


def test_only_a_reference_that_can_move_ages():
    assert [current_at(r, 5) for r in ("a", "a@x", "a@1", "a@sha256:0123abcd")] == [
        5,
        5,
        ALWAYS,
        ALWAYS,
    ]


def test_the_bound_is_twice_the_time_to_live():
    assert Lifetime.of(30).max_stale_s == 60
    with pytest.raises(UsageError, match="ttl_s=30 and max_stale_s=20"):
        Lifetime.of(30, 20)
