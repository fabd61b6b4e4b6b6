"""The gold notebooks of cost and of drift, executed as gates against a scripted endpoint.

Those of release, retrieval and security are executed in ``test_gate``, ``test_retrieval_gate`` and
``test_redteam``.
"""

from __future__ import annotations

import json

import pytest

from llmops_magics.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = """
[models]
max_retries = 0

[prices."openai/scripted"]
input_per_million_usd = 1
output_per_million_usd = 1

[prices."openai/small"]
input_per_million_usd = 0.1
output_per_million_usd = 0.1
"""


@pytest.fixture
def folder_of(folder):
    """``folder_of(cases)`` makes a workspace with a prompt and so many cases."""

    def build(count):
        (folder / "llmops.toml").write_text(SETTINGS)
        register("{{ question }}")
        rows = [{"id": f"c{n}", "question": f"Q{n}?", "expected": "Paris"} for n in range(count)]
        (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    def register(text):
        workspace = Workspace(folder)
        workspace.prompts.register("geo/capital", text, model="openai/scripted")
        workspace.close()

    build.register = register
    return build


def gate_json(folder, stem):
    newest = max((folder / "archive").glob(f"{stem}-*/gate.json"))
    return json.loads(newest.read_bytes())


def test_what_can_be_afforded_passes_and_what_cannot_fails(folder_of, llmops, endpoint):
    folder = folder_of(80)
    endpoint("It is Paris.")
    cost = ("gate", "cost_gate", "-p", "prompt=geo/capital", "-p", "cases_per_month=1000")
    smaller = ("-p", "smaller=openai/small")
    passed = llmops(*cost, "-p", "budget_usd=1000000", *smaller, "--json")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    rules = json.loads(passed.stdout)["decision"]["rules"]
    assert [(r["rule"], r["verdict"]) for r in rules] == [
        ("mean(cost_usd) <= 1000", "PASS"),
        ("p95(latency_ms) <= 5000", "PASS"),
        ("errors == 0", "PASS"),
    ]
    [page] = (folder / "archive").glob("cost_gate-*/cost_gate.html")
    assert "a month, of a budget of $1,000,000.00" in page.read_text()
    assert "openai/small" in page.read_text()
    failed = llmops(*cost, "-p", "budget_usd=0.000001")
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "FAIL  mean(cost_usd) <= 1e-09" in failed.stdout


def test_a_month_of_unknown_price_is_inconclusive(folder_of, llmops, endpoint):
    folder = folder_of(20)
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    endpoint("It is Paris.")
    done = llmops("gate", "cost_gate", "-p", "prompt=geo/capital")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "INCONCLUSIVE  mean(cost_usd) <= 0.01" in done.stdout


RELEASE = ("gate", "release_gate", "-p", "prompt=geo/capital", "-p", "data=cases.jsonl",
           "-p", "scorers=contains", "-p", "rules=contains >= 0.6")  # fmt: skip
SENTINEL = ("gate", "drift_sentinel", "-p", "prompt=geo/capital")


def test_nothing_changed_then_the_provider_then_we(folder_of, llmops, endpoint):
    folder = folder_of(40)
    endpoint("It is Paris.")
    nothing = llmops(*SENTINEL)
    assert nothing.returncode == 4
    assert "No earlier run of release_gate has passed geo/capital" in nothing.stdout
    accepted = llmops(*RELEASE)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr

    same = llmops(*SENTINEL)
    assert same.returncode == 0, same.stdout + same.stderr
    assert "PASS  geo/capital@1: answers as when it was accepted" in same.stdout

    endpoint(["It is Paris.", "It is Lyon."] * 40)
    worse = llmops(*SENTINEL)
    assert worse.returncode == 1, worse.stdout + worse.stderr
    assert "The provider changed. Nothing of ours changed" in worse.stdout

    folder_of.register("Answer: {{ question }}")
    endpoint("It is Paris.")
    ours = llmops(*SENTINEL)
    assert ours.returncode == 3, ours.stdout + ours.stderr
    assert "We changed. Changed: prompt; results are within noise on 40 cases" in ours.stdout
    assert gate_json(folder, "drift_sentinel")["decision"]["prompt"] == "geo/capital@2"
