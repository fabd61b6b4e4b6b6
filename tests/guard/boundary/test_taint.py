from __future__ import annotations

import threading

from llmops_magics.guard.boundary.taint import conversation, current_conversation, mark_untrusted


def test_a_conversation_begins_clean_and_stays_marked():
    with conversation() as outer:
        mark_untrusted("tool a")
        mark_untrusted("tool a")
        with conversation() as inner:
            assert not inner.is_tainted
            assert current_conversation() is inner
        assert outer.sources == ("tool a",)


def test_what_a_thread_marks_reaches_every_open_conversation():
    with conversation() as own:
        thread = threading.Thread(target=mark_untrusted, args=("corpus docs",))
        thread.start()
        thread.join()
        assert own.is_tainted


def test_sources_are_bounded():
    with conversation() as own:
        for number in range(100):
            mark_untrusted(f"tool {number}")
        assert len(own.sources) == 20
