"""The gold notebooks of cost and of drift, executed as gates against a scripted endpoint.

Those of release, retrieval and security are executed in ``test_gate``, ``test_retrieval_gate`` and
``test_redteam``.
"""

from __future__ import annotations

import json

import pytest

from llmops_magics.errors import UsageError
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
        workspace = Workspace(folder)
        workspace.prompts.register("geo/capital", "{{ question }}", model="openai/scripted")
        workspace.close()
        rows = [{"id": f"c{n}", "question": f"Q{n}?", "expected": "Paris"} for n in range(count)]
        (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    return build


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


ASKS = "\n[eval]\nask_above_usd = 0\n"


def test_a_priced_gate_without_a_limit_says_how_to_give_one(folder_of, endpoint):
    workspace = Workspace(folder_of(2))
    (workspace.root / "llmops.toml").write_text(SETTINGS + ASKS)
    server = endpoint("It is Paris.")
    result = workspace.gates.run("release_gate", {**ACCEPTED, "max_cost_usd": None})
    workspace.close()
    assert (result.exit_code, server.requests) == (4, [])
    assert "Nobody is here to be asked" in result.problems[0]
    assert "Give the gate a limit, -p max_cost_usd=USD" in result.problems[0]


ACCEPTED = {"prompt": "geo/capital", "data": "cases.jsonl", "scorers": "contains",
            "rules": "contains >= 0.6", "max_cost_usd": 1}  # fmt: skip


def test_nothing_changed_then_the_provider_then_we(folder_of, endpoint):
    workspace = Workspace(folder_of(12))
    (workspace.root / "llmops.toml").write_text(SETTINGS + ASKS)  # the gate has a limit: no need
    endpoint("It is Paris.")
    with pytest.raises(UsageError, match="No earlier run of release_gate has passed geo/capital"):
        workspace.gates.accepted("geo/capital", "release_gate")
    accepted = workspace.gates.run("release_gate", ACCEPTED)
    assert accepted.exit_code == 0, accepted.problems

    def sentinel(says):
        endpoint(says)
        result = workspace.gates.run("drift_sentinel", {"prompt": "geo/capital"})
        assert result.problems == ()
        return result.exit_code, result.decision.prompt, result.decision.rules[-1].reason

    code, prompt, said = sentinel("It is Paris.")
    assert (code, prompt) == (0, "geo/capital@1")
    assert said.startswith("Unchanged. Nothing of ours changed")
    code, _, said = sentinel("It is Lyon.")
    assert (code, said[:48]) == (1, "The provider changed. Nothing of ours changed an")
    workspace.prompts.register("geo/capital", "Answer: {{ question }}", model="openai/scripted")
    code, prompt, said = sentinel("It is Paris.")
    assert (code, prompt) == (3, "geo/capital@2")
    assert "We changed. Changed: prompt; results are within noise on 12 cases" in said
    workspace.close()
