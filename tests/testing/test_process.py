from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from llmops_magics.errors import EndpointError, UsageError
from llmops_magics.testing import ScriptedProcess


def test_serves_from_a_process_of_its_own(ask_each):
    with ScriptedProcess("Paris", latency_ms=1) as server:
        assert server.pid != os.getpid()
        assert ask_each(server).choices[0].message.content == "Paris"
        pid = server.pid
    assert not psutil.pid_exists(pid)
    with pytest.raises(UsageError, match="not running"):
        _ = server.base_url


def test_template_and_an_answer_that_looks_like_an_option(ask):
    with ScriptedProcess("{{ n }}: {{ user }}", template=True) as server:
        answer = ask(server).choices[0].message.content
    assert answer == "1: What is the capital of France?"
    with ScriptedProcess("--latency-ms") as server:
        assert ask(server).choices[0].message.content == "--latency-ms"


def test_found_from_any_folder(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with ScriptedProcess("Paris") as server:
        assert ask(server).choices[0].message.content == "Paris"


def test_a_start_that_fails_says_why():
    with pytest.raises(EndpointError, match="does not parse"):
        ScriptedProcess("{{ user ", template=True).start()


def test_an_error_in_the_script_is_raised_at_the_end(ask):
    server = ScriptedProcess("{{ question }}", template=True).start()
    with pytest.raises(Exception, match="'question' is undefined"):
        ask(server)
    with pytest.raises(EndpointError, match="'question' is undefined"):
        server.close()


def test_a_killed_server_is_no_failure_of_the_script():
    with ScriptedProcess("Paris") as server:
        psutil.Process(server.pid).kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number):
    with subprocess.Popen(
        [sys.executable, "-m", "llmops_magics.testing", "--answer", "Paris"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert b"base_url" in process.stdout.readline()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_it_ends_with_its_parent():
    code = (
        "import os; from llmops_magics.testing import ScriptedProcess;"
        "print(ScriptedProcess('a').start().pid, flush=True); os._exit(1)"
    )
    parent = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(parent.stdout)).wait(timeout=20)
