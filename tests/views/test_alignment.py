from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from llmops_magics.views.alignment import Stretch, align


def test_what_stayed_and_what_changed():
    assert align("abcd", "abXd") == [
        Stretch(same=True, a=0, b=2, c=0, d=2),
        Stretch(same=False, a=2, b=3, c=2, d=3),
        Stretch(same=True, a=3, b=4, c=3, d=4),
    ]
    assert align("", "") == []
    assert align("", "ab") == [Stretch(same=False, a=0, b=0, c=0, d=2)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("letters", ["ab", "abcdefghijklmnopqrstuvwxyz"])
def test_stretches_cover_both_sides_and_the_same_ones_are_the_same(seed, letters):
    dice = random.Random(seed)
    old = dice.choices(letters, k=dice.randrange(200))
    new = [dice.choice(letters) if dice.random() < 0.2 else item for item in old]
    stretches = align(old, new)
    assert [item for s in stretches for item in old[s.a : s.b]] == old
    assert [item for s in stretches for item in new[s.c : s.d]] == new
    assert all(old[s.a : s.b] == new[s.c : s.d] for s in stretches if s.same)
    assert all(a.same != b.same for a, b in pairwise(stretches) if a.same)


def test_a_moved_line_leaves_the_others_in_place():
    numbers = [str(n) for n in range(3000)]
    moved = [*numbers[1:], numbers[0]]
    kept = sum(s.b - s.a for s in align(numbers, moved) if s.same)
    assert kept == 2999


def test_many_equal_items_take_no_quadratic_time():
    begun = time.process_time()
    align(["a", "b"] * 20_000, ["b", "a"] * 20_000)
    assert time.process_time() - begun < 20  # the product is 1.6e9
