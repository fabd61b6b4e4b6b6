from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest

from llmops_magics.errors import ConfigError, EndpointError, WeightsError
from llmops_magics.models.local import server, weights
from llmops_magics.models.local.rendezvous import Process

if TYPE_CHECKING:
    from llmops_magics.models.local.server import ServerAddress

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("local_server")]

USE_AND_WAIT = """
from llmops_magics.models.local import server
server.GRACE_S, server.POLL_S = {grace_s}, 0.1
print(server.ensure_running().pid, flush=True)
input()
"""


@pytest.fixture
def quick(embedded_models, cache, monkeypatch):
    """The real weights, no server yet, and servers that look around often."""
    monkeypatch.setenv("LLMOPS_MODEL_DIR", str(embedded_models))
    monkeypatch.setattr(server, "POLL_S", 0.1)
    yield
    with contextlib.suppress(WeightsError):
        server.stop()


@contextlib.contextmanager
def user(grace_s: float = 20):
    """Run another process that uses the server; yield it and the server's pid."""
    program = USE_AND_WAIT.format(grace_s=grace_s)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def ask(address: ServerAddress, question: str, *, key: str | None = None, **options) -> dict:
    body = {
        "model": "any",
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": 12,
        **options,
    }
    request = urllib.request.Request(
        f"{address.base_url}/chat/completions",
        json.dumps(body).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {address.api_key if key is None else key}",
        },
    )
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def ends(pid: int, limit_s: float = 30) -> bool:
    limit = time.monotonic() + limit_s
    while time.monotonic() < limit:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_it_answers_under_the_models_name(quick) -> None:
    answer = ask(server.ensure_running(), "What is the capital of France?")
    assert answer["model"] == "smollm2-135m"
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] <= 12


def test_it_wants_the_key_and_listens_on_loopback_only(quick) -> None:
    address = server.ensure_running()
    for key in ("", "wrong"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(address, "Hello", key=key)
    listening = [
        c.laddr.ip
        for c in psutil.Process(address.pid).net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]
    assert address.api_key not in " ".join(psutil.Process(address.pid).cmdline())
    assert address.api_key not in repr(address)


def test_secrets_and_gates_stay_out_of_it(quick, monkeypatch) -> None:
    monkeypatch.setenv("LLMOPS_GATE", "1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("GITHUB_TOKEN", "t-1")
    environment = psutil.Process(server.ensure_running().pid).environ()
    assert not {"LLMOPS_GATE", "OPENAI_API_KEY", "GITHUB_TOKEN"} & environment.keys()


def test_answers_depend_on_nothing_but_the_prompt(quick) -> None:
    address = server.ensure_running()
    questions = [f"Tell me one thing about the number {n}." for n in range(4)]

    def answer(question: str) -> list:
        return ask(address, question, logprobs=True)["choices"]  # equal to the last bit

    alone = {question: answer(question) for question in questions}
    shuffled = random.Random(1).sample(questions * 2, 8)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(answer, shuffled)) == [alone[question] for question in shuffled]


def test_two_processes_share_one(quick) -> None:
    with user() as (process, pid):
        assert server.ensure_running().pid == pid
        assert server.status().user_pids == tuple(sorted([os.getpid(), process.pid]))


def test_processes_that_start_at_once_start_one(quick) -> None:
    command = [sys.executable, "-c", USE_AND_WAIT.format(grace_s=20)]

    def run(_: int) -> str:
        return subprocess.run(
            command, input="\n", capture_output=True, text=True, check=True
        ).stdout

    with ThreadPoolExecutor(3) as threads:
        assert len(set(threads.map(run, range(3)))) == 1


def test_it_outlives_the_group_of_the_process_that_started_it(quick) -> None:
    with user(grace_s=1) as (starter, pid):
        address = server.ensure_running()
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()
        time.sleep(2)  # twice the grace
        assert address.pid == pid
        assert ask(address, "Hello")["choices"]


def test_it_ends_when_its_last_user_died(quick) -> None:
    with user(grace_s=0.5) as (starter, pid):
        starter.kill()
        assert ends(pid)
    assert server.status() is None
    assert "its last user is gone" in next(server.server_folder().rglob("log.txt")).read_text()


def test_it_ends_when_idle_and_the_next_call_starts_another(quick, monkeypatch) -> None:
    monkeypatch.setenv("LLMOPS_LOCAL_IDLE_S", "1")
    first = server.ensure_running()
    assert ends(first.pid)
    assert server.ensure_running().pid != first.pid


def test_a_killed_server_is_replaced(quick) -> None:
    first = server.ensure_running()
    os.kill(first.pid, signal.SIGKILL)
    assert ends(first.pid)
    second = server.ensure_running()
    assert second.pid != first.pid
    assert second.api_key != first.api_key
    assert ask(second, "Hello")["choices"]


@pytest.mark.parametrize("tampered", ["api_key", "url", "born_s", "garbage"])
def test_a_stale_announcement_is_replaced(quick, tampered) -> None:
    first = server.ensure_running()
    file = next(server.server_folder().rglob("state.json"))
    content = json.loads(file.read_text())
    if tampered == "born_s":
        content["process"]["born_s"] -= 60
    elif tampered == "url":
        content["url"] = "http://127.0.0.1:9"
    elif tampered == "api_key":
        content["api_key"] = "another"
    file.write_text("[]" if tampered == "garbage" else json.dumps(content))
    second = server.ensure_running()
    assert second.pid != first.pid
    assert ask(second, "Hello")["choices"]
    assert ends(first.pid)  # replaced, it gives way


def test_stop_and_status(quick) -> None:
    assert server.status() is None
    assert not server.stop()
    address = server.ensure_running()
    found = server.status()
    assert found.address == address
    assert found.started_s == pytest.approx(Process.of(address.pid).born_s, abs=1)
    assert server.stop()
    assert ends(address.pid, limit_s=15)
    assert server.status() is None


def test_finding_it_again_is_cheap(quick) -> None:
    server.ensure_running()
    began_s = time.process_time()
    for _ in range(100):
        server.ensure_running()
    assert (time.process_time() - began_s) / 100 < 0.05


def test_a_model_that_cannot_be_loaded_shows_the_servers_last_words(cache, make_wheel) -> None:
    tiny = make_wheel(b"no model at all")
    (cache / "models").mkdir(parents=True)
    (cache / "models" / tiny.file).write_bytes(b"no model at all")
    with pytest.raises(EndpointError, match=r"ended with code .*model.*log\.txt"):
        server.ensure_running("tiny")
    assert server.status("tiny") is None


def test_missing_weights_are_said_before_anything_starts(cache) -> None:
    with pytest.raises(WeightsError, match="llmops models pull"):
        server.ensure_running()
    with pytest.raises(WeightsError, match="no weights named"):
        server.ensure_running("gpt")
    assert weights.CHAT.name == "smollm2-135m"


@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan"])
def test_an_idle_limit_that_is_none_is_refused(quick, monkeypatch, given) -> None:
    monkeypatch.setenv("LLMOPS_LOCAL_IDLE_S", given)
    with pytest.raises(ConfigError, match=f"LLMOPS_LOCAL_IDLE_S is '{given}'"):
        server.ensure_running()
