"""The same on PostgreSQL: what is read of both arms, the lease, and a watch that acts."""

from __future__ import annotations

import pytest

from llmops_magics.release.rollout.feedback import add_feedback
from llmops_magics.release.rollout.watch import Watcher
from llmops_magics.tracing import semconv
from tests.release.rollout.conftest import Production
from tests.release.rollout.test_reader import read


@pytest.fixture
def there(postgresql_store):
    return Production("", postgresql_store)


@pytest.mark.slow
def test_both_arms_are_added_up_there(there):
    there.begin(50.0)
    there.spans("stable", 40, errors=2, **{semconv.CACHE_HIT: False})
    spans = there.spans("candidate", 10, errors=1, **{semconv.FINISH_REASONS: ["refusal"]})
    there.spans("candidate", 3, **{semconv.CACHE_HIT: True})
    add_feedback(there.store, spans[0].trace_id, "good", True)
    (seen,) = read(there).steps
    assert (seen.stable.requests, seen.candidate.requests) == (40, 13)
    latency = seen.candidate.tally("latency_ms")
    assert (latency.n, latency.mean) == (9, pytest.approx(105.0))
    assert seen.candidate.tally("refusal_rate").total == 10
    assert seen.candidate.tally("feedback.good").total == 1
    assert seen.stable.spend_usd == pytest.approx(0.08)


@pytest.mark.slow
def test_harm_goes_back_there(there):
    there.begin(10.0)
    there.spans("stable", 900, errors=20)
    there.spans("candidate", 100, errors=40)
    first = Watcher(there.store, there, actor="ada", holder="a")
    second = Watcher(there.store, there, actor="bob", holder="b")
    (look,) = first.round().looks
    assert (look.decision, look.outcome) == ("rollback", "done")
    assert second.round().holder == "a"
    assert there.pointer.state == "serving"
