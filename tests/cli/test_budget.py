"""``llmops budget`` and ``llmops cost``, as processes."""

from __future__ import annotations

import json


def test_budgets_and_costs(llmops, refused):
    done = llmops("budget", "set", "5", "--per", "month", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["budget"]["limit_usd"] == "5"
    listed = llmops("budget", "list").stdout
    assert "workspace/month" in listed
    assert "$5.00" in listed
    assert "No model calls" in llmops("cost", "--by", "day", "--forecast").stdout
    assert "there is no budget" in refused("budget", "show", "x/day")
    assert "removed" in llmops("budget", "remove", "workspace/month").stdout
