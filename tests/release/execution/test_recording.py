"""The record of model calls: what a line holds, what is never in it, and kill -9."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.errors import GateUsageError, RateLimitError, ReplayMissError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.interceptor import chain, embedding_chain
from llmops_magics.models.recorded import (
    RecordedCalls,
    RecordedEmbeddings,
    Witness,
    output_digest,
)
from llmops_magics.release.execution.recording import Recording, in_order, read_responses

PARIS = ChatResponse(
    text="It is Paris.", model="gpt-x-2026", finish_reason="stop", usage=Usage(input_tokens=9,
    output_tokens=4), response_id="r1", latency_ms=812.4000000000001, endpoint="openai",
    cost_usd="0.0001", system_fingerprint="fp_1", service_tier="flex",
)  # fmt: skip


def question(text="Capital?", **more):
    messages = ({"role": "user", "content": text},)
    attributes = {"case": more.pop("case", "c1")}
    return ChatRequest(model="openai/x", messages=messages, attributes=attributes, **more)


def client(recording, answer):
    async def send(request):
        found = answer(request)
        if isinstance(found, Exception):
            raise found
        return found

    calls = RecordedCalls(recording, Settings(), "case")
    call = chain((Witness(recording), calls), send)
    return lambda request: asyncio.run(call(request))


def never(request):
    raise AssertionError("a replay asked the model")


def replayed(folder, **more):
    lines = in_order(read_responses(folder / "responses.jsonl").lines)
    return Recording(folder, mode=more.pop("mode", "replay"), recorded=list(lines))


def test_a_call_is_one_line_and_its_replay_the_very_answer(tmp_path):
    given = client(Recording(tmp_path), lambda _: PARIS)(question())
    [line] = read_responses(tmp_path / "responses.jsonl").lines
    assert (line["role"], line["source"], line["case"], line["occurrence"]) == (
        "target", "wire", "c1", 0,
    )  # fmt: skip
    assert (line["resolved_model"], line["system_fingerprint"]) == ("gpt-x-2026", "fp_1")
    assert line["outputs"] == [output_digest("It is Paris.")]
    again = client(replayed(tmp_path), never)(question())
    assert again == replace(given, cached=True)  # to the last bit of its latency


def test_equal_calls_are_told_apart_by_how_often_they_were_asked(tmp_path):
    said = iter(["one", "two"])
    ask = client(Recording(tmp_path), lambda _: replace(PARIS, text=next(said)))
    assert [ask(question()).text, ask(question()).text] == ["one", "two"]
    again = client(replayed(tmp_path), never)
    assert [again(question()).text, again(question()).text] == ["one", "two"]
    with pytest.raises(ReplayMissError, match="time 3"):
        again(question())


def test_a_failure_is_raised_again_as_it_was(tmp_path):
    limited = RateLimitError("openai limits the rate.", retry_after_s=2.0, tries=3)
    with pytest.raises(RateLimitError):
        client(Recording(tmp_path), lambda _: limited)(question())
    with pytest.raises(RateLimitError, match="limits the rate") as caught:
        client(replayed(tmp_path), never)(question())
    assert (caught.value.retry_after_s, caught.value.tries) == (2.0, 3)


def test_what_may_not_be_kept_is_its_digest_only(tmp_path):
    said = replace(PARIS, text="Write to ada.lovelace@example.com at once.")
    client(Recording(tmp_path), lambda _: said)(question())
    content = (tmp_path / "responses.jsonl").read_text()
    assert "lovelace" not in content
    [line] = read_responses(tmp_path / "responses.jsonl").lines
    assert line["answer"] is None
    assert len(line["outputs"]) == 2  # as it was, and masked
    assert line["answer_digest"].startswith("sha256:")


def test_rejudge_asks_judges_and_nobody_else(tmp_path):
    ask = client(Recording(tmp_path), lambda _: PARIS)
    ask(question())
    ask(question(purpose="judge"))
    again = client(replayed(tmp_path, mode="rejudge"), lambda _: replace(PARIS, text="new"))
    assert again(question()).text == "It is Paris."
    assert again(question(purpose="judge")).text == "new"


def test_vectors_come_back_bit_for_bit(tmp_path):
    vectors = np.array([[0.1, -2.5e-8], [3.0, 0.0]], dtype=np.float32)
    response = EmbeddingResponse(
        vectors=vectors, model="e", usage=None, latency_ms=1.5, endpoint="openai"
    )

    async def send(_):
        return response

    def embed(recording):
        call = embedding_chain((RecordedEmbeddings(recording, Settings(), "case"),), send)
        return asyncio.run(call(EmbeddingRequest(model="openai/e", texts=("a", "b"))))

    embed(Recording(tmp_path))
    again = embed(replayed(tmp_path))
    assert again.vectors.tobytes() == vectors.tobytes()
    assert again.cached


def test_a_changed_answer_is_refused(tmp_path):
    client(Recording(tmp_path), lambda _: PARIS)(question())
    path = tmp_path / "responses.jsonl"
    path.write_text(path.read_text().replace("It is Paris.", "It is Parix."))
    with pytest.raises(GateUsageError, match=r"Line 1 of responses\.jsonl holds another answer"):
        read_responses(path)


def test_kill_9_leaves_every_finished_call_readable(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from llmops_magics.release.execution.recording import Recording\n"
        "record, n = Recording(Path(sys.argv[1])), 0\n"
        "while True:\n"
        "    n += 1\n"
        "    line = {'place': 'p', 'question': 'q', 'origin': 'wire', 'answer': None, 'text': 'x' "
        "* 5000, 'role': 'target', 'model': 'm'}\n"
        "    record.find(line); record.add(line); print(n, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(50):
        seen = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    lines = read_responses(tmp_path / "responses.jsonl").lines
    assert len(lines) >= seen
    assert [line["occurrence"] for line in lines] == list(range(len(lines)))


def test_a_torn_line_is_left_out_and_said(tmp_path):
    client(Recording(tmp_path), lambda _: PARIS)(question())
    path = tmp_path / "responses.jsonl"
    path.write_bytes(path.read_bytes() + json.dumps({"n": 2})[:5].encode())
    found = read_responses(path)
    assert (len(found.lines), found.is_torn) == (1, True)
