from __future__ import annotations

import pytest

from llmops_magics.tracing.trace import CallTotals, Span, Trace


def calls(path):
    return tuple({"function": {"name": name, "arguments": "{}"}} for name in path)


@pytest.mark.parametrize(
    ("taken", "exact", "in_order", "any_order"),
    [
        ("abc", True, True, True),
        ("axbyc", False, True, True),
        ("cba", False, False, True),
        ("ab", False, False, False),
        ("", False, False, False),
        ("aabc", False, True, True),
    ],
)
def test_modes(judge, taken, exact, in_order, any_order):
    for mode, value in (("exact", exact), ("in_order", in_order), ("any_order", any_order)):
        score = judge(f"trajectory(mode={mode})", "", ["a", "b", "c"], tool_calls=calls(taken))
        assert score.value is value


def test_precision_and_recall(judge_all):
    wanted = {"trajectory": ["a", "b", "a"]}
    in_order = judge_all("trajectory(mode=in_order)", "", wanted, tool_calls=calls("baxx"))
    assert in_order["trajectory.precision"] == 0.5  # b, a of 4 steps
    assert in_order["trajectory.recall"] == pytest.approx(2 / 3)
    any_order = judge_all("trajectory(mode=any_order)", "", wanted, tool_calls=calls("aab"))
    assert (any_order["trajectory"], any_order["trajectory.recall"]) == (True, 1.0)


def test_no_step_at_all(judge, judge_all):
    assert judge_all("trajectory", metadata={"trajectory": []}) == {
        "trajectory": True,
        "trajectory.precision": None,
        "trajectory.recall": None,
    }
    assert judge("trajectory").applicable is False
    assert judge("trajectory", metadata={"trajectory": [3]}).value is None


def test_the_path_of_a_trace_goes_first(judge):
    def span(number, **attributes):
        return Span(
            trace_id="t", span_id=str(number), parent_id=None, name="s", started_ns=number,
            duration_ms=1.0, status="ok", attributes=attributes,
        )  # fmt: skip

    def tool(number, name):
        return span(number, **{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name})

    spans = (tool(3, "book"), span(1, **{"gen_ai.operation.name": "chat"}), tool(2, "search"))
    trace = Trace(
        trace_id="t", name="n", totals=CallTotals(), wall_ms=1.0, span_count=3, spans=spans
    )
    wanted = ["search", "book"]
    assert judge("trajectory", "", wanted, trace=trace, tool_calls=calls("x")).value is True
