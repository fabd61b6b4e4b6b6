from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from llmops_magics.errors import ReleaseConflictError
from llmops_magics.release.rollout.lease import check_lease, give_back, read_lease, take_lease


def test_one_holder_at_a_time_and_the_token_grows(production):
    first = take_lease(production.store, "a", lasts_s=60)
    assert (first.token, take_lease(production.store, "b")) == (1, None)
    assert take_lease(production.store, "a").token == 1  # kept
    give_back(production.store, first)
    assert take_lease(production.store, "b").token == 2


def test_a_lease_that_ran_out_may_be_taken_and_is_refused_to_its_old_holder(production):
    old = take_lease(production.store, "a", lasts_s=0.01)
    time.sleep(0.02)
    new = take_lease(production.store, "b")
    with production.store.write() as connection:
        check_lease(connection, new)
        with pytest.raises(ReleaseConflictError, match="lost by b"):
            check_lease(connection, old)


def test_one_that_ran_out_is_refused_though_nobody_took_it(production):
    lease = take_lease(production.store, "a", lasts_s=0.01)
    time.sleep(0.02)
    with production.store.write() as connection, pytest.raises(ReleaseConflictError):
        check_lease(connection, lease)
    assert take_lease(production.store, "a").token == 2  # the same holder, a new term


def test_giving_back_what_another_has_changes_nothing(production):
    old = take_lease(production.store, "a", lasts_s=0.01)
    time.sleep(0.02)
    new = take_lease(production.store, "b")
    give_back(production.store, old)
    with production.store.read() as connection:
        assert read_lease(connection) == new


def test_of_many_at_once_one_gets_it(production):
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: take_lease(production.store, f"h{n}"), range(8)))
    assert len([lease for lease in taken if lease]) == 1
