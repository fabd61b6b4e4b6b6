from __future__ import annotations

import pytest

from llmops_magics.models.local.processor import MAX_USEFUL_THREADS, quota_cores, usable_cores


def test_at_least_one_core_and_no_more_than_are_useful() -> None:
    assert 1 <= usable_cores() <= MAX_USEFUL_THREADS


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("200000 100000", 2), ("50000 100000", 1), ("150000 100000", 1), ("max 100000", 8), ("", 8)],
)
def test_a_quota_counts_in_whole_cores(tmp_path, limit, cores) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    assert quota_cores(tmp_path / "cpu.max") == cores


def test_no_quota_file_is_no_limit(tmp_path) -> None:
    assert quota_cores(tmp_path / "none") == MAX_USEFUL_THREADS
