"""Deciding again from the record: the very same decision, and no call."""

import json
import shutil
from pathlib import Path

import pytest

from llmops_magics.errors import GateUsageError
from llmops_magics.release.execution.replay import comparable, differences

JUDGED = (
    "import llmops_magics\n"
    "run = llmops_magics.evaluate('geo/capital', data, ['correctness'], cache=cache)"
)


@pytest.mark.slow
def test_a_replay_sends_nothing_and_decides_the_same_bit_for_bit(first, asked, endpoint, lines):
    server = endpoint("It is Lyon.")
    again = asked(mode="replay", replay_of=Path(first.archive))
    assert (again.exit_code, again.problems, server.requests) == (0, (), [])
    assert again.comparable == first.comparable == comparable(first.decision)
    assert again.decision.run_id != first.decision.run_id
    assert again.replay_of == first.gate_id
    assert {line["source"] for line in lines(again)} == {"record"}
    assert again.evidence["responses"]["by_origin"] == {"double": 10}
    twice = asked(mode="replay", replay_of=Path(again.archive))  # a replay holds all it needs
    assert twice.comparable == first.comparable


@pytest.mark.slow
def test_a_replay_that_decides_otherwise_is_four_and_says_what_differs(first, asked):
    gate = Path(first.archive, "gate.json")
    body = json.loads(gate.read_text())
    body["decision"]["rules"][0]["observed"] = 1.0  # what was decided, somebody changed
    gate.write_text(json.dumps(body))
    again = asked(mode="replay", replay_of=Path(first.archive))
    assert (again.verdict, again.exit_code) == (None, 4)
    assert again.problems == (
        "The replay decided otherwise: rules[0].observed is 0.9 and was 1.0.",
    )


@pytest.mark.slow
def test_other_data_has_no_recorded_answers(first, asked, endpoint, folder):
    endpoint("It is Lyon.")
    cases = (folder / "cases.jsonl").read_text().replace("Q1?", "Q99?")
    (folder / "cases.jsonl").write_text(cases)
    again = asked(mode="replay", replay_of=Path(first.archive))
    assert (again.verdict, again.exit_code) == (None, 4)
    said = " ".join(again.problems)
    assert "holds no answer" in said or "decided otherwise" in said, said


@pytest.mark.slow
def test_failures_are_replayed_as_they_were(asked, endpoint):
    from llmops_magics.testing import Reply

    def fail_once(request):
        return Reply.error(400) if "Q3?" in str(request["messages"]) else "Paris"

    server = endpoint(fail_once)
    first = asked()
    assert (first.verdict, first.decision.rules[1].verdict) == ("FAIL", "FAIL")
    server.close()
    again = asked(mode="replay", replay_of=Path(first.archive))
    assert (again.verdict, again.comparable) == ("FAIL", first.comparable)


@pytest.mark.slow
def test_rejudge_asks_the_judge_alone(asked, endpoint, lines, folder):
    toml = "[models]\nmax_retries = 0\njudge = 'openai/judge'\n"
    (folder / "llmops.toml").write_text(toml)
    verdict = json.dumps({"correct": True, "reason": "so"})
    server = endpoint(lambda request: verdict if request["model"] == "judge" else "Paris")
    gate = "llmops_magics.gate(run, rules=['errors == 0'])"
    first = asked(JUDGED, gate)
    assert first.problems == ()
    assert first.evidence["responses"]["by_role"] == {"target": 10, "judge": 10}
    server.requests.clear()
    again = asked(JUDGED, gate, mode="rejudge", replay_of=Path(first.archive))
    assert again.problems == ()
    assert [request["model"] for request in server.requests] == ["judge"] * 10
    sources = {(line["role"], line["source"]) for line in lines(again)}
    assert sources == {("target", "record"), ("judge", "double")}


@pytest.mark.slow
def test_another_notebook_or_other_parameters_are_no_replay(first, asked, folder):
    of = {"mode": "replay", "replay_of": Path(first.archive)}
    with pytest.raises(GateUsageError, match="not the parameters of gold"):
        asked(parameters={"cache": "off"}, **of)
    with pytest.raises(GateUsageError, match="is not the notebook that gold"):
        asked("1 + 1", "import llmops_magics\nllmops_magics.gate(run, rules=['errors == 0'])", **of)
    responses = Path(first.archive, "responses.jsonl")
    responses.write_bytes(responses.read_bytes().replace(b"It is Paris.", b"It is Parix.", 1))
    with pytest.raises(GateUsageError, match="was changed since it was sealed"):
        asked(**of)
    shutil.rmtree(first.archive)
    with pytest.raises(GateUsageError, match="is no archive of a gate"):
        asked(**of)


def test_a_mode_needs_its_archive_and_is_one_of_three(asked, tmp_path):
    with pytest.raises(GateUsageError, match="Mode replay needs an archive"):
        asked(mode="replay")
    with pytest.raises(GateUsageError, match="There is no mode 'again'"):
        asked(mode="again")
    with pytest.raises(GateUsageError, match="A live gate answers from no archive"):
        asked(replay_of=tmp_path)


def test_time_and_run_id_are_not_compared_and_all_else_is(run_of):
    from dataclasses import replace

    from llmops_magics.release.gate.decision import decide

    decision = decide(run_of(), ["contains >= 0.6"])
    later = replace(decision, decided_at="later", run_id="r2")
    assert comparable(later) == comparable(decision) == comparable(decision.to_dict())
    assert differences(decision.to_dict(), later) == ()
    other = replace(decision, failing_cases=(*decision.failing_cases[:-1], "c0"))
    assert comparable(other) != comparable(decision)
    assert differences(decision.to_dict(), other) == (
        'The replay decided otherwise: failing_cases[1] is "c0" and was "c39".',
    )
