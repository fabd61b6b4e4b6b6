"""Runs that go on: resumed, their errors asked again, their answers scored anew."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import psutil
import pytest
from sqlalchemy import delete

from llmops_magics.errors import UsageError
from llmops_magics.evals.run_list import list_runs
from llmops_magics.evals.stopped import EvalInterrupted, EvalStoppedError
from llmops_magics.storage.table import span
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

EMAIL = "ada.lovelace@example.com"
ROWS = [{"id": w, "word": w, "expected": w} for w in "abcdef"]
ECHO = Reply.template("{{ user }}")
MODEL = "openai/scripted"


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "Say {{ word }}", model=MODEL)
    yield workspace
    workspace.close()


def stop_after(count):
    def progress(_prompt, done, _all):
        if done >= count:
            raise KeyboardInterrupt

    return progress


def interrupted(workspace, target="p", data=ROWS, scorers=("contains",), after=2, **options):
    with pytest.raises(EvalInterrupted) as stopped:
        workspace.evaluate(
            target, data, scorers, concurrency=1, on_progress=stop_after(after), **options
        )
    return stopped.value


def status(workspace, run_id):
    return workspace.runs.row(run_id)["status"]


def test_a_run_that_was_interrupted_says_how_it_goes_on_and_does(workspace, endpoint):
    server = endpoint(ECHO, latency_ms=60)
    stopped = interrupted(workspace)
    assert f"--resume {stopped.run_id}" in str(stopped)
    assert 2 <= stopped.done < 6
    assert status(workspace, stopped.run_id) == "interrupted"
    asked = len(server.requests)
    run = workspace.resume(stopped.run_id)
    assert (run.run_id, run.summary.samples) == (stopped.run_id, 6)
    assert [s.output for s in run.samples] == [f"Say {w}" for w in "abcdef"]
    assert len(server.requests) - asked <= 7 - stopped.done  # the one in flight is asked again
    assert status(workspace, run.run_id) == "finished"


def test_what_is_finished_cannot_be_resumed(workspace, endpoint):
    endpoint(ECHO)
    run = workspace.evaluate("p", ROWS, ["contains"])
    with pytest.raises(UsageError, match="is finished: nothing is left to do"):
        workspace.resume(run.run_id)
    with pytest.raises(UsageError, match="there is no eval run 'run-0'"):
        workspace.resume("run-0")


def test_a_dataset_that_was_edited_is_refused_by_its_digest(workspace, endpoint, tmp_path):
    endpoint(ECHO, latency_ms=60)
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    stopped = interrupted(workspace, data=str(path))
    path.write_text("\n".join(map(json.dumps, ROWS[:-1])))
    with pytest.raises(UsageError, match=r"cases is not what run-.* ran on: it was edited since"):
        workspace.resume(stopped.run_id, data=str(path))
    assert workspace.resume(stopped.run_id).summary.samples == 6  # on the cases as they were


def test_a_scorer_that_changed_is_refused(workspace, endpoint):
    endpoint(ECHO, latency_ms=60)

    def strict(output):
        return True

    def other(output):
        return False

    stopped = interrupted(workspace, scorers=["strict"], namespace={"strict": strict})
    with pytest.raises(UsageError, match="strict would score otherwise"):
        workspace.resume(stopped.run_id, namespace={"strict": other})
    run = workspace.resume(stopped.run_id, namespace={"strict": strict})
    assert run.summary.scores[0].mean == 1.0


def test_a_judge_that_changed_is_refused(workspace, endpoint, monkeypatch):
    verdict = json.dumps({"reason": "as it should be", "correct": True})
    endpoint({"<answer": verdict, None: ECHO}, latency_ms=60)

    def under(judge, work):
        monkeypatch.setenv("LLMOPS_JUDGE_MODEL", judge)
        own = Workspace(workspace.root)
        try:
            return work(own)
        finally:
            own.close()

    stopped = under("openai/one", lambda own: interrupted(own, scorers=["correctness"]))
    for way in ("resume", "retry_errors"):
        with pytest.raises(UsageError, match="correctness would ask another model or prompt"):
            under("openai/other", lambda own, way=way: getattr(own, way)(stopped.run_id))
    run = under("openai/one", lambda own: own.resume(stopped.run_id))
    assert (run.summary.samples, run.summary.scores[0].mean) == (6, 1.0)


def test_a_function_is_found_by_its_name_and_refused_when_it_changed(workspace):
    import time

    def answer(word):
        time.sleep(0.06)
        return word

    def other(word):
        return word + word

    stopped = interrupted(workspace, answer)
    with pytest.raises(UsageError, match="the function answer, which is not here"):
        workspace.resume(stopped.run_id)
    with pytest.raises(UsageError, match=r"python:answer is not what .* asked: it was changed"):
        workspace.resume(stopped.run_id, namespace={"answer": other})
    run = workspace.resume(stopped.run_id, namespace={"answer": answer})
    assert [s.output for s in run.samples] == list("abcdef")


def test_overrides_parameters_and_limits_are_those_it_began_with(workspace, endpoint):
    server = endpoint(ECHO, latency_ms=60)
    stopped = interrupted(
        workspace,
        scorers=["length(max_words=1)"],
        settings={"temperature": 0.5},
        case_timeout_s=30,
        repeats=2,
    )
    run = workspace.resume(stopped.run_id)
    assert {request["temperature"] for request in server.requests} == {0.5}
    assert (run.repeats, run.settings) == (2, {"temperature": 0.5})
    assert run.summary.scores[0].mean == 0.0
    assert workspace.runs.row(run.run_id)["config"]["case_timeout_s"] == 30


def test_a_run_that_another_process_works_on_is_left_alone(workspace, endpoint, monkeypatch):
    endpoint(ECHO, latency_ms=60)
    stopped = interrupted(workspace)
    row = workspace.runs.row(stopped.run_id)
    born_s = psutil.Process(1).create_time()  # there is always one
    process = {**row["config"]["process"], "pid": 1, "born_s": born_s}
    workspace.runs.reopen(stopped.run_id, {**row["config"], "process": process})
    with pytest.raises(UsageError, match="is under way in the process 1"):
        workspace.resume(stopped.run_id)


def test_a_process_that_has_the_number_of_one_that_died_is_not_taken_for_it(workspace, endpoint):
    endpoint(ECHO, latency_ms=60)
    stopped = interrupted(workspace)
    row = workspace.runs.row(stopped.run_id)
    process = {**row["config"]["process"], "pid": 1, "born_s": 1.0}
    workspace.runs.reopen(stopped.run_id, {**row["config"], "process": process})
    assert list_runs(workspace.store).runs[0].status == "interrupted"
    assert workspace.resume(stopped.run_id).summary.samples == 6


def test_of_two_processes_that_take_up_a_run_at_once_one_does(workspace, endpoint):
    endpoint(ECHO, latency_ms=60)
    stopped = interrupted(workspace)

    def busy(row):
        raise UsageError(f"{row['id']} is {row['status']}")

    config = workspace.runs.row(stopped.run_id)["config"]
    with pytest.raises(UsageError, match="is interrupted"):
        workspace.runs.reopen(stopped.run_id, {**config, "process": {}}, check=busy)
    assert status(workspace, stopped.run_id) == "interrupted"
    assert workspace.runs.row(stopped.run_id)["config"] == config


def test_a_sample_that_another_machine_has_stored_stays(workspace, endpoint):
    endpoint(ECHO)
    run = workspace.evaluate("p", ROWS, ["contains"])
    workspace.runs.add(run.run_id, [replace(run.samples[0], output="mine")])
    cases = workspace.datasets.get("dataset").cases
    assert workspace.runs.samples(run.run_id, cases)[0].output == "Say a"


def test_errors_are_asked_again_in_a_new_run_and_the_old_one_stays(workspace, endpoint):
    server = endpoint({"Say b": [Reply.error(400, "no"), ECHO], None: ECHO})
    first = workspace.evaluate("p", ROWS, ["contains"])
    assert (first.summary.errors, len(server.requests)) == (1, 6)
    again = workspace.retry_errors(first.run_id)
    assert (again.summary.errors, again.summary.samples, len(server.requests)) == (0, 6, 7)
    assert again.run_id != first.run_id
    assert workspace.runs.row(again.run_id)["config"]["retries"] == first.run_id
    assert [
        s.error
        for s in workspace.runs.samples(first.run_id, workspace.datasets.get("dataset").cases)
        if s.error
    ]


def test_without_errors_there_is_nothing_to_ask_again(workspace, endpoint):
    endpoint(ECHO)
    run = workspace.evaluate("p", ROWS, ["contains"])
    with pytest.raises(UsageError, match=r"no call of the eval run .* failed"):
        workspace.retry_errors(run.run_id)


def test_what_goes_on_is_of_this_process(workspace, endpoint):
    endpoint({"Say b": [Reply.error(400, "no"), ECHO], None: ECHO})
    first = workspace.evaluate("p", ROWS, ["contains"], case_timeout_s=30)
    config = workspace.runs.row(first.run_id)["config"]
    of_another = {**config, "process": {**config["process"], "pid": 1, "born_s": 1.0}}
    workspace.runs.reopen(first.run_id, of_another)
    workspace.runs.finish(first.run_id, first.summary)
    again = workspace.retry_errors(first.run_id)
    rescored = workspace.rescore(first.run_id, ["exact_match"], case_timeout_s=30)
    for run in (again, rescored):
        noted = workspace.runs.row(run.run_id)["config"]
        assert (noted["process"], noted["case_timeout_s"]) == (config["process"], 30)


def test_a_scoring_that_was_interrupted_goes_on(workspace, endpoint):
    server = endpoint(ECHO)
    first = workspace.evaluate("p", ROWS, ["contains"])

    async def slow(output):
        await asyncio.sleep(0.06)
        return len(output)

    with pytest.raises(EvalInterrupted) as stopped:
        workspace.rescore(first.run_id, [slow], concurrency=1, on_progress=stop_after(2))
    run = workspace.resume(stopped.value.run_id, namespace={"slow": slow})
    assert (run.summary.samples, run.summary.scores[0].mean) == (6, 5.0)
    assert (run.prompt, len(server.requests)) == ("p@1", 6)
    with pytest.raises(UsageError, match="and asked nothing itself"):
        workspace.retry_errors(run.run_id)


def test_a_hanging_scorer_is_held_to_the_time_of_a_case(workspace, endpoint):
    endpoint(ECHO)
    first = workspace.evaluate("p", ROWS[:1], ["contains"])

    async def hangs(output):
        await asyncio.sleep(30)

    again = workspace.rescore(first.run_id, [hangs], case_timeout_s=0.1)
    assert "longer than 0." in again.samples[0].scores[0].reason


def test_answers_are_scored_again_without_a_call(workspace, endpoint):
    server = endpoint(ECHO)
    first = workspace.evaluate("p", ROWS, ["contains"])
    again = workspace.rescore(first.run_id, ["length(max_words=2)", "exact_match"])
    assert len(server.requests) == 6
    assert [s.scorer for s in again.summary.scores] == ["length", "exact_match"]
    assert [s.mean for s in again.summary.scores] == [1.0, 0.0]
    assert (again.prompt, again.prompt_digest) == (first.prompt, first.prompt_digest)
    assert [s.latency_ms for s in again.samples] == [s.latency_ms for s in first.samples]
    assert (again.summary.cached_samples, again.summary.spent_usd) == (6, 0)


def test_an_error_stays_one_and_a_masked_answer_is_a_missing_score(workspace, endpoint):
    endpoint({"Say a": f"write to {EMAIL}", "Say b": Reply.error(400, "no"), None: ECHO})
    first = workspace.evaluate("p", ROWS, ["contains"])
    again = workspace.rescore(first.run_id, ["pii_leak"])
    masked, failed, fine = again.samples[:3]
    assert (masked.value("pii_leak"), masked.is_masked) == (None, True)
    assert "masked when it was stored" in masked.scores[0].reason
    assert "rejected the request" in failed.error
    assert fine.value("pii_leak") is not None
    assert again.summary.scores[0].missing == 2


def test_a_scorer_that_looks_at_the_trace_has_that_of_the_answer(workspace, endpoint):
    endpoint(ECHO)
    first = workspace.evaluate("p", ROWS, ["contains"])
    workspace.spans.flush()

    def models(trace):
        return [span.name for span in trace.spans if span.name.startswith("chat")] == [
            f"chat {MODEL}"
        ]

    again = workspace.rescore(first.run_id, [models])
    assert again.summary.scores[0].mean == 1.0
    once_more = workspace.rescore(
        again.run_id, [models]
    )  # what is recorded of scoring is no answer
    assert once_more.summary.scores[0].mean == 1.0
    assert [s.trace_id for s in once_more.samples] == [s.trace_id for s in first.samples]


def test_a_trace_that_is_gone_is_not_that_of_the_scoring(workspace, endpoint):
    endpoint(ECHO)
    first = workspace.evaluate("p", ROWS, ["contains"])
    workspace.spans.flush()
    with workspace.store.write() as connection:
        connection.execute(delete(span))

    def models(trace):
        return True

    again = workspace.rescore(first.run_id, [models])
    assert again.summary.scores[0].not_applicable == 6


def test_a_comparison_is_there_after_resuming(workspace, endpoint):
    endpoint(ECHO, latency_ms=40)
    workspace.prompts.register("p", "Repeat {{ word }}")
    seen = []

    def stop_in_the_second(prompt, done, _all):
        seen.append(prompt)
        if prompt == "p@2" and done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(EvalInterrupted) as error:
        workspace.evaluate(
            "p", ROWS, ["contains"], model=MODEL, baseline="p@1", concurrency=1,
            on_progress=stop_in_the_second,
        )  # fmt: skip
    run = workspace.resume(error.value.run_id)
    assert (run.prompt, run.comparison.baseline_prompt, seen[0]) == ("p@2", "p@1", "p@1")


def test_a_time_limit_stops_the_run_and_keeps_what_is_done(workspace, endpoint):
    endpoint(ECHO, latency_ms=100)
    with pytest.raises(
        EvalStoppedError, match=r"longer than 0\.35 s.*of 6 samples are kept"
    ) as error:
        workspace.evaluate("p", ROWS, ["contains"], concurrency=1, run_timeout_s=0.35)
    assert status(workspace, error.value.run_id) == "interrupted"
    assert workspace.resume(error.value.run_id, run_timeout_s=30).summary.samples == 6


def test_a_replay_costs_nothing_and_fails_where_an_answer_is_missing(workspace, endpoint):
    server = endpoint(ECHO)
    first = workspace.evaluate("p", ROWS[:3], ["contains"])
    again = workspace.evaluate("p", ROWS[:3], ["contains"], cache="replay")
    assert [s.output for s in again.samples] == [s.output for s in first.samples]
    assert (again.summary.latency_p50_ms, again.summary.cost_usd) == (
        first.summary.latency_p50_ms,
        first.summary.cost_usd,
    )
    with pytest.raises(EvalStoppedError, match="no stored answer"):
        workspace.evaluate("p", ROWS, ["contains"], cache="replay")
    assert len(server.requests) == 3


def test_the_second_of_two_equal_runs_is_not_answered_from_the_first(workspace, endpoint):
    server = endpoint(ECHO)
    run = workspace.evaluate("p", ROWS, ["contains"], aa=True)
    assert (len(server.requests), run.chance.common_cases) == (12, 6)
    workspace.evaluate("p", ROWS, ["contains"], aa=True)
    assert len(server.requests) == 12


def test_in_a_gate_answers_are_asked_anew_unless_it_says_otherwise(
    workspace, endpoint, monkeypatch
):
    server = endpoint(ECHO)
    workspace.evaluate("p", ROWS, ["contains"])
    monkeypatch.setenv("LLMOPS_GATE", "1")
    workspace.evaluate("p", ROWS, ["contains"])
    assert len(server.requests) == 12
    workspace.evaluate("p", ROWS, ["contains"], cache="use")
    assert len(server.requests) == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"repeats": 0}, "repeats must be 1 or more"),
        ({"cache": "maybe"}, "cache is 'maybe'"),
        ({"case_timeout_s": 0}, "case_timeout_s is 0"),
        ({"max_cost_usd": "cheap"}, "max_cost_usd is 'cheap'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(workspace, endpoint, options, said):
    server = endpoint(ECHO)
    with pytest.raises(UsageError, match=said):
        workspace.evaluate("p", ROWS, ["contains"], **options)
    assert server.requests == []


def test_a_baseline_that_was_interrupted_says_what_comes_after_it(workspace, endpoint):
    endpoint(ECHO, latency_ms=60)
    workspace.prompts.register("p", "Repeat {{ word }}")
    stopped = interrupted(workspace, baseline="p@1", model=MODEL)
    assert "the same line again runs the others" in str(stopped)
    assert workspace.resume(stopped.run_id).comparison is None


def test_a_stored_run_is_read_with_the_comparison_it_had(workspace, endpoint):
    endpoint(ECHO)
    workspace.prompts.register("p", "Repeat {{ word }}")
    run = workspace.evaluate("p", ROWS, ["contains"], model=MODEL, baseline="p@1")
    assert workspace.run(run.run_id) == run


def test_a_judge_of_pairs_misses_a_score_where_the_baseline_failed(workspace, endpoint):
    endpoint({"Say a": Reply.error(400, "no"), "Repeat": ECHO, "Say": ECHO, None: '{"better": 1}'})
    workspace.prompts.register("p", "Repeat {{ word }}")
    run = workspace.evaluate("p", ROWS, ["pairwise"], model=MODEL, baseline="p@1")
    score = run.samples[0].scores[0]
    assert (score.value, score.applicable) == (None, True)
    assert "the baseline gave no answer" in score.reason
