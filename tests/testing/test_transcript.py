from __future__ import annotations

import pytest

from llmops_magics.testing.transcript import Transcript


def test_peak_concurrency_is_the_most_calls_at_once():
    transcript = Transcript()
    with transcript.count_open_call(), transcript.count_open_call():
        pass
    with pytest.raises(ZeroDivisionError), transcript.count_open_call():
        _ = 1 / 0
    assert (transcript.open_calls, transcript.peak_concurrency) == (0, 2)
