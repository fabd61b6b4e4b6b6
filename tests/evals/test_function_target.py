"""Functions as targets, run as users run them: through a workspace."""

from __future__ import annotations

import asyncio
import threading

import pytest

from llmops_magics.errors import DatasetError, UsageError
from llmops_magics.evals.function_target import function_target
from llmops_magics.workspace import Workspace

ROWS = [{"id": w, "word": w, "context": "given", "expected": w} for w in ("a", "b")]


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "llmops.toml").touch()
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


def outputs(workspace, function, **options):
    run = workspace.evaluate(function, ROWS, ["contains"], **options)
    return [sample.output or sample.error for sample in run.samples]


def test_a_function_answers_with_the_inputs_that_it_names(workspace):
    def answer(word, tone="kind"):
        return f"{tone} {word}"

    run = workspace.evaluate(answer, ROWS, ["contains"])
    assert (run.prompt, run.model, run.summary.scores[0].mean) == ("python:answer", "", 1.0)
    assert [s.output for s in run.samples] == ["kind a", "kind b"]
    assert run.samples[0].input_tokens is None
    assert run.samples[0].cost_usd is None


def test_an_async_function_answers_on_the_loop_and_a_sync_one_beside_it(workspace):
    async def asynchronous(word):
        await asyncio.sleep(0)
        return threading.current_thread().name

    def synchronous(word):
        return threading.current_thread().name

    assert set(outputs(workspace, asynchronous)) == {"llmops-loop"}
    assert "llmops-loop" not in outputs(workspace, synchronous)


def test_it_may_ask_for_the_case_or_for_everything(workspace):
    assert outputs(workspace, lambda case: case.id.upper()) == ["A", "B"]
    assert outputs(workspace, lambda **inputs: sorted(inputs)) == ['["context","word"]'] * 2


def test_what_it_retrieved_is_what_scorers_see_and_what_is_kept(workspace):
    def chain(word):
        return {"output": word, "context": ["one", "two"], "tool_calls": []}

    def seen(context):
        return context == "one\n\ntwo"

    run = workspace.evaluate(chain, ROWS, [seen])
    assert run.summary.scores[0].mean == 1.0
    assert run.samples[0].context == "one\n\ntwo"


def test_its_model_calls_are_its_tokens_cost_and_trace(workspace, endpoint):
    endpoint("two words")
    workspace.prompts.register("p", "Say {{ word }}", model="openai/gpt-4.1-mini")

    def chain(word):
        return workspace.ask("p", word=word) + workspace.ask("p", word=word * 2)

    def calls(trace):
        return trace.totals.calls

    run = workspace.evaluate(chain, ROWS, [calls])
    assert [s.value("calls") for s in run.samples] == [2.0, 2.0]
    assert (run.samples[0].output_tokens, run.samples[0].cost_usd > 0) == (4, True)
    assert len({s.trace_id for s in run.samples}) == 2


def test_repeats_of_a_chain_are_asked_anew_and_a_second_run_is_answered_from_the_cache(
    workspace, endpoint
):
    server = endpoint("yes")
    workspace.prompts.register("p", "Say {{ word }}", model="openai/scripted")

    def chain(word):
        return workspace.ask("p", word=word)

    workspace.evaluate(chain, ROWS, ["contains"], repeats=3)
    assert len(server.requests) == 6
    workspace.evaluate(chain, ROWS, ["contains"], repeats=3)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned None"),
        (object(), "returned a object"),
        ({"output": "x", "contxt": ""}, "returned contxt"),
        ({"output": "x", "context": 3}, "context is a int"),
    ],
)
def test_what_is_no_answer_is_the_samples_error(workspace, returned, said):
    assert said in outputs(workspace, lambda word: returned)[0]


def test_what_it_raises_is_the_samples_error(workspace):
    def broken(word):
        return {"a": "fine"}[word]

    def quits(word):
        raise SystemExit(word)

    assert outputs(workspace, broken) == ["fine", "KeyError: 'b'"]
    assert outputs(workspace, quits) == ["SystemExit: a", "SystemExit: b"]


def test_one_that_hangs_is_left_behind(workspace):
    never = threading.Event()

    def hangs(word):
        if word == "a":
            never.wait(30)
        return word

    found = outputs(workspace, hangs, case_timeout_s=0.2)
    assert found == ["the case took longer than 0.2 s", "b"]
    never.set()


def test_a_missing_input_is_refused_before_the_first_call(workspace):
    asked = []

    def answer(question):
        asked.append(question)

    with pytest.raises(DatasetError, match="lacks question, which python:answer reads"):
        workspace.evaluate(answer, ROWS, ["contains"])
    assert asked == []


def test_other_code_is_another_target_and_the_same_is_the_same():
    def one(word):
        return word

    def two(word):
        return word + "!"

    assert function_target(one).digest == function_target(one).digest
    assert function_target(one).digest != function_target(two).digest


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        (3, {}, "A int cannot be evaluated"),
        (print, {"model": "openai/x"}, "chooses its model itself"),
        (print, {"settings": {"temperature": 0}}, "a function has none"),
        (int.__add__, {}, "by position alone"),
    ],
)
def test_what_cannot_be_a_target_is_refused(workspace, target, options, said):
    with pytest.raises(UsageError, match=said):
        workspace.evaluate(target, ROWS, ["contains"], **options)


class OddError(BaseException):
    """No ``Exception``, and its text cannot be made."""

    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError, KeyboardInterrupt, SystemExit, StopIteration, OddError]
)
def test_whatever_it_raises_is_the_error_of_one_sample(workspace, error):
    def answer(word):
        if word == "a":
            raise error
        return word

    async def awaited(word):
        return answer(word)

    for function in (answer, awaited):
        failed, fine = outputs(workspace, function, concurrency=1)
        assert failed.startswith((error.__name__, "RuntimeError"))
        assert fine == "b"


@pytest.mark.parametrize("calls", ["abc", [1], {"a": 1}, [{"arguments": object()}], [{"a": b""}]])
def test_tool_calls_that_no_store_can_hold_are_the_error_of_one_sample(workspace, calls):
    first, _ = outputs(workspace, lambda word: {"output": word, "tool_calls": calls})
    assert "tool_calls are no list of JSON objects" in first


def test_what_it_changes_of_a_case_no_other_answer_sees(workspace):
    def chain(word, turns, case):
        turns.append(word)
        case.inputs["word"] = "changed"
        return len(turns)

    rows = [{"id": "a", "word": "x", "turns": ["hello"]}]
    run = workspace.evaluate(chain, rows, ["length(max_words=9)"], repeats=2)
    assert [s.output for s in run.samples] == ["2", "2"]
    assert run.samples[0].inputs == {"word": "x", "turns": ["hello"]}
