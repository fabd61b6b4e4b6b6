from __future__ import annotations

from itertools import combinations

import pytest

from llmops_magics.statistics.reliability import discordance, pass_at_k, pass_hat_k


def test_they_count_draws_of_k_answers():
    answers = [True, True, False, False, False]
    draws = list(combinations(answers, 2))
    assert pass_at_k(5, 2, 2) == pytest.approx(sum(map(any, draws)) / 10)  # 7 of 10
    assert pass_hat_k(5, 2, 2) == pytest.approx(sum(map(all, draws)) / 10)  # 1 of 10
    assert discordance(5, 2) == pytest.approx(0.6)  # 6 of 10 draws disagree


def test_the_ends():
    assert (pass_at_k(3, 0, 3), pass_hat_k(3, 3, 3)) == (0.0, 1.0)
    assert (pass_at_k(3, 1, 1), pass_hat_k(3, 1, 1)) == pytest.approx((1 / 3, 1 / 3))
    assert discordance(4, 4) == 0


@pytest.mark.parametrize(("n", "passed", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)])
def test_nonsense_is_refused(n, passed, k):
    with pytest.raises(ValueError, match="says nothing"):
        pass_at_k(n, passed, k)
    with pytest.raises(ValueError, match="says nothing"):
        pass_hat_k(n, passed, k)


def test_one_answer_cannot_disagree():
    with pytest.raises(ValueError, match="says nothing"):
        discordance(1, 1)
