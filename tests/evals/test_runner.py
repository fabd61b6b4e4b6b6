from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys

import pytest

from llmops_magics.errors import DatasetError, UnknownModelError
from llmops_magics.testing import Reply, ScriptedProcess
from llmops_magics.workspace import Workspace

KEY = "sk-proj-" + "a1B2" * 8
EMAIL = "ada.lovelace@example.com"
ECHO = Reply.template("{{ user }}")
EVAL = """
import signal, sys
from pathlib import Path
from llmops_magics.workspace import Workspace

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
workspace = Workspace(Path(sys.argv[1]))
workspace.prompts.register("p", "Say {{ word }}")
rows = [{"id": f"c{i:04d}", "word": f"w{i}", "expected": f"w{i}"} for i in range(3000)]
workspace.evaluate(
    "p", rows, ["contains"], model="openai/scripted", concurrency=int(sys.argv[2]),
    on_progress=lambda _prompt, done, _all: print(done, flush=True),
)
"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "llmops.toml").write_text("[models]\nmax_retries = 1\ntimeout_s = 10\n")
    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "Say {{ word }}")
    yield workspace
    workspace.close()


@pytest.fixture
def serve(scripted_server, monkeypatch):
    """Start a scripted server and let ``openai/…`` mean it."""

    def start(answer, **options):
        server = scripted_server(answer, **options)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        return server

    return start


def rows(*words):
    return [{"id": word, "word": word, "expected": word} for word in words]


def evaluate(workspace, data, scorers=("contains",), **options):
    return workspace.evaluate("p", data, scorers, model="openai/scripted", **options)


def statuses(workspace):
    with sqlite3.connect(workspace.root / ".llmops" / "llmops.db") as connection:
        return [status for (status,) in connection.execute("SELECT status FROM eval_run")]


def test_samples_come_in_the_datasets_order_however_late_they_are(workspace, serve):
    serve({"slow": Reply("slow", latency_ms=150), None: ECHO})
    run = evaluate(workspace, rows("slow", "b", "c"), concurrency=3)
    assert [s.case_id for s in run.samples] == ["slow", "b", "c"]
    assert [s.output for s in run.samples] == ["slow", "Say b", "Say c"]
    assert [s.value("contains") for s in run.samples] == [True, True, True]
    assert (run.prompt, run.resolved_models) == ("p@1", ("scripted",))
    assert (run.summary.input_tokens, run.summary.output_tokens) == (6, 5)  # words
    assert statuses(workspace) == ["finished"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_calls_are_open_than_allowed(workspace, serve, concurrency):
    server = serve(ECHO, latency_ms=20)
    evaluate(workspace, rows(*"abcdefghijkl"), concurrency=concurrency)
    assert server.peak_concurrency == concurrency
    assert len(server.requests) == 12


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply.error(400, "no such thing"), "no such thing"),
        (Reply.error(500), "status 500"),
        (Reply.malformed(), "broken JSON"),
        (Reply.malformed("[" * 100_000), ""),
        (Reply.malformed(b'{"choices": "\xff\xfe"}'), ""),
        (Reply.malformed('"text"'), "no chat completion"),
        (Reply(body='{"choices": []}'), "no chat completion"),
        (Reply(disconnect=True), "cannot reach"),
        (Reply("cut", cut_after=20), ""),
    ],
    ids=["400", "500", "cut JSON", "deep JSON", "no UTF-8", "a text", "no choice", "drop", "cut"],
)
def test_a_call_that_fails_is_a_row_with_its_error(workspace, serve, reply, said):
    serve({"bad": reply, None: ECHO})
    run = evaluate(workspace, rows("a", "bad", "c"), concurrency=1)
    good, bad, other = run.samples
    assert said in bad.error
    assert bad.error
    assert (bad.output, bad.scores, bad.latency_ms) == ("", (), None)
    assert (good.error, other.error) == ("", "")
    assert (run.summary.errors, run.summary.failed_cases) == (1, ("bad",))
    assert statuses(workspace) == ["finished"]


def test_a_rate_limit_that_passes_is_no_error(workspace, serve):
    server = serve([Reply.rate_limited(0.01), ECHO])
    run = evaluate(workspace, rows("a"))
    assert (run.samples[0].output, run.samples[0].error) == ("Say a", "")
    assert len(server.requests) == 2


def test_an_endpoint_that_refuses_lets_the_run_finish(workspace, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    run = evaluate(workspace, rows("a", "b"))
    assert all("cannot reach" in s.error for s in run.samples)
    assert (run.summary.errors, run.resolved_models) == (2, ())
    assert statuses(workspace) == ["finished"]


def test_a_missing_variable_is_refused_before_any_call(workspace, serve):
    server = serve(ECHO)
    workspace.prompts.register("q", "Say {{ word }} and {{ more }}")
    with pytest.raises(DatasetError, match="'b' of dataset lacks word, which p@1 reads"):
        evaluate(workspace, [*rows("a"), {"id": "b", "wort": "b"}])
    with pytest.raises(DatasetError, match="lacks more, which q@1 reads"):
        evaluate(workspace, rows("a"), baseline="q")
    assert server.requests == []
    assert statuses(workspace) == []


def test_an_unknown_model_is_refused_before_any_call(workspace, serve):
    server = serve(ECHO)
    with pytest.raises(UnknownModelError, match="opnai"):
        workspace.evaluate("p", rows("a"), ["contains"], model="opnai/scripted")
    assert server.requests == []
    assert statuses(workspace) == []


def test_repeats_are_samples_of_the_same_case(workspace, serve):
    serve(ECHO)
    run = evaluate(workspace, rows("a", "b"), repeats=3)
    assert [(s.case_id, s.repeat) for s in run.samples] == [
        (case, repeat) for case in "ab" for repeat in range(3)
    ]
    assert (run.summary.samples, run.summary.cases, run.summary.scores[0].n) == (6, 2, 2)


def test_secrets_are_masked_in_the_record_and_at_rest_and_scorers_see_them(workspace, serve):
    serve({"Say a": f"use {KEY} or {EMAIL}", None: Reply.error(400, f"not {EMAIL}")})

    def seen(output):
        return KEY in output and EMAIL in output

    def label(output):
        return output

    run = evaluate(workspace, rows("a", "b"), [seen, label])
    assert run.samples[0].output == "use [openai-key] or [email]"
    assert run.samples[0].value("seen") is True
    assert run.samples[0].value("label") == "use [openai-key] or [email]"
    assert "[email]" in run.samples[1].error
    workspace.close()
    stored = b"".join(p.read_bytes() for p in workspace.root.rglob("*") if p.is_file())
    assert b"[openai-key]" in stored
    assert KEY.encode() not in stored
    assert EMAIL.encode() not in stored


def test_all_is_kept_where_the_settings_say_so(workspace, serve, monkeypatch):
    monkeypatch.setenv("LLMOPS_CAPTURE", "full")
    serve(f"write to {EMAIL}")
    assert evaluate(Workspace(workspace.root), rows("a")).samples[0].output == f"write to {EMAIL}"


def test_a_scorer_that_crashes_is_a_missing_score(workspace, serve):
    serve(ECHO)

    def broken(output):
        return {"Say b": 1 / 2}[output]

    run = evaluate(workspace, rows("a", "b"), ["contains", broken])
    first, second = run.samples
    assert (first.value("contains"), first.value("broken")) == (True, None)
    assert (first.scores[1].applicable, first.scores[1].reason) == (True, "KeyError: 'Say a'")
    assert second.value("broken") == 0.5
    assert run.summary.scores[1].missing == 1


def test_users_functions_score_sync_and_async(workspace, serve):
    serve(ECHO)

    def length(output, inputs):
        return len(output) - len(inputs["word"])

    async def echoed(output, expected):
        return output.endswith(expected)

    run = evaluate(workspace, rows("a"), ["length", echoed], namespace={"length": length})
    assert [s.value for s in run.samples[0].scores] == [4.0, True]
    assert set(run.scorer_digests) == {"length", "echoed"}


def test_a_run_is_compared_with_its_baseline(workspace, serve):
    serve({"Say a": "a", "Say": "no", None: ECHO})
    workspace.prompts.register("p", "Repeat {{ word }}")
    run = evaluate(workspace, rows("a", "b", "c"), baseline="p@1")
    comparison = run.comparison
    assert (run.prompt, comparison.baseline_prompt, comparison.common_cases) == ("p@2", "p@1", 3)
    assert comparison.differences[0].improved == ("b", "c")
    assert comparison.differences[0].difference == pytest.approx(2 / 3)
    assert comparison.baseline_outputs == {"a": "a", "b": "no", "c": "no"}


def test_progress_is_told_from_nothing_to_all(workspace, serve):
    serve(ECHO, latency_ms=60)
    ticks = []
    evaluate(
        workspace, rows(*"abcdef"), concurrency=1, on_progress=lambda *tick: ticks.append(tick)
    )
    assert {(prompt, total) for prompt, _, total in ticks} == {("p@1", 6)}
    done = [tick[1] for tick in ticks]
    assert (done[0], done[-1]) == (0, 6)
    assert done == sorted(done)
    assert len(set(done)) > 3


def test_an_error_in_the_progress_keeps_what_is_done(workspace, serve):
    serve(ECHO, latency_ms=50)

    def fail(_prompt, done, _all):
        if done >= 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        evaluate(workspace, rows(*"abcdefghij"), concurrency=1, on_progress=fail)
    assert statuses(workspace) == ["interrupted"]


@pytest.fixture
def start_eval(tmp_path):
    """Start an eval in a process of its own; return it once so many samples are done."""
    processes = []

    def start(server, done, concurrency=4):
        process = subprocess.Popen(
            [sys.executable, "-c", EVAL, str(tmp_path), str(concurrency)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ, "OPENAI_API_KEY": server.api_key, "OPENAI_BASE_URL": server.base_url
            },
        )  # fmt: skip
        processes.append(process)
        for line in process.stdout:
            if int(line) >= done:
                return process
        raise AssertionError(process.stderr.read())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def stored(folder):
    """Return the status, the samples and the integrity of the one run in a folder."""
    workspace = Workspace(folder)
    dataset = workspace.datasets.get("dataset")
    with workspace.store.read() as connection:
        (run,) = connection.exec_driver_sql("SELECT id, status FROM eval_run").all()
        integrity = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    samples = workspace.runs.samples(run.id, dataset.cases)
    prompt = workspace.prompts.get("p@1")
    workspace.close()
    assert prompt.messages[0].content == "Say {{ word }}"
    return run.status, samples, integrity


def test_an_interrupt_keeps_what_is_done(tmp_path, start_eval):
    with ScriptedProcess("Say {{ user }}", template=True, latency_ms=20) as server:
        process = start_eval(server, 10)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert "EvalInterrupted" in errors
    assert process.returncode in (1, -signal.SIGINT)
    status, samples, integrity = stored(tmp_path)
    assert (status, integrity) == ("interrupted", "ok")
    seen = max([10, *map(int, output.split())])
    assert seen <= len(samples) < 3000
    assert all(s.output.endswith(s.expected) and s.value("contains") for s in samples)


@pytest.mark.parametrize(("done", "concurrency"), [(1, 1), (60, 1), (200, 8)])
def test_a_killed_run_leaves_whole_samples_of_the_first_cases(
    tmp_path, start_eval, done, concurrency
):
    with ScriptedProcess("Say {{ user }}", template=True, latency_ms=3) as server:
        process = start_eval(server, done, concurrency)
        process.kill()
        process.wait(30)
    status, samples, integrity = stored(tmp_path)
    assert (status, integrity) == ("running", "ok")
    slack = 0 if concurrency == 1 else 10 * concurrency
    first = {f"c{i:04d}" for i in range(len(samples) + slack)}
    assert {s.case_id for s in samples} <= first
    assert len(samples) >= done // 4  # at most a write interval's are lost
    for s in samples:
        assert s.output == f"Say Say {s.expected}"
        assert [(score.scorer, score.value) for score in s.scores] == [("contains", True)]
