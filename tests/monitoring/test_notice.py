import json
import sys

import pytest

from llmops_magics.monitoring import notice
from llmops_magics.monitoring.channel import Channel
from llmops_magics.monitoring.notice import tell
from llmops_magics.monitoring.record import Observation, StateChange

KEY = "sk-" + "a1" * 20
SEEN = Observation(state="alert", value=5210.0, calls=40, reason="", since="s", until="u")
CHANGE = StateChange(
    id=1, monitor="slow", rule=f"p95(latency_ms)[prompt={KEY}] > 4000 over 15m", before="ok",
    state="alert", observation=SEEN, actor="ada", at="t",
)  # fmt: skip


def told(target, way="webhook"):
    (found,) = tell([(CHANGE, Channel(way=way, target=target))], workspace="shop")
    return found


def test_a_webhook_gets_the_change_masked(webhook):
    assert told(webhook.url).problem == ""
    ((path, body),) = webhook.posts
    assert path == "/hook/s3cret"
    assert (body["monitor"], body["state"], body["before"]) == ("slow", "alert", "ok")
    assert (body["observation"]["value"], body["workspace"]) == (5210.0, "shop")
    assert body["text"].startswith("slow: alert (was ok) · p95(latency_ms)")
    assert KEY not in json.dumps(body)


def test_trouble_is_tried_again_and_a_refusal_is_not(webhook, monkeypatch):
    monkeypatch.setattr(notice, "PAUSES_S", (0.01, 0.01))
    webhook.answers = [503, 503, 200]
    assert told(webhook.url).problem == ""
    assert len(webhook.posts) == 3
    webhook.answers = [404, 200]
    assert told(webhook.url).problem == "answered 404"
    assert len(webhook.posts) == 4


def test_a_redirect_is_not_followed(webhook):
    webhook.answers, webhook.headers = [307], {"Location": webhook.url.replace("hook", "other")}
    assert "redirect, which is not followed" in told(webhook.url).problem
    assert len(webhook.posts) == 1


def test_a_webhook_that_hangs_is_given_up(webhook, monkeypatch):
    monkeypatch.setattr(notice, "WEBHOOK_TIMEOUT_S", 0.2)
    webhook.answers = [2.0]
    found = told(webhook.url)
    assert found.problem == "no answer within 0.2 s"
    assert found.way == "webhook:http://127.0.0.1"


def test_nobody_listens_and_the_address_stays_secret(monkeypatch):
    monkeypatch.setattr(notice, "PAUSES_S", ())
    found = told("http://127.0.0.1:9/s3cret")
    assert found.problem.startswith("no connection")
    assert "s3cret" not in found.problem


@pytest.fixture
def script(tmp_path):
    """A program that writes down its arguments, input and environment."""
    path = tmp_path / "notify.py"
    path.write_text(
        "import json, os, sys\n"
        "seen = {k: v for k, v in os.environ.items() if k.startswith('LLMOPS_MONITOR_')}\n"
        "with open(sys.argv[1], 'w') as stream:\n"
        "    json.dump([sys.argv[2:], json.load(sys.stdin), seen], stream)\n"
    )
    return path


def test_a_command_gets_the_change_and_passes_no_shell(script, tmp_path):
    out = tmp_path / "out.json"
    found = told(f"{sys.executable} {script} {out} '$(touch x)' ';' '|'", way="command")
    assert found.problem == ""
    arguments, body, environment = json.loads(out.read_text())
    assert arguments == ["$(touch x)", ";", "|"]
    assert body["state"] == environment["LLMOPS_MONITOR_STATE"] == "alert"
    assert KEY not in str(environment)
    assert not (tmp_path / "x").exists()


def test_a_command_that_fails_hangs_or_is_gone_is_said(monkeypatch):
    monkeypatch.setattr(notice, "COMMAND_TIMEOUT_S", 0.3)
    fails = told(f"{sys.executable} -c 'import sys; sys.exit(\"broken\")'", way="command")
    assert fails.problem == "ended with 1: broken"
    assert "stopped" in told("sleep 5", way="command").problem
    assert "No such file" in told("no-such-program", way="command").problem
