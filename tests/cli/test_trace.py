"""``llmops trace`` as a process of its own."""

import json

from llmops_magics.workspace import Workspace


def test_traces_are_listed_shown_carried_and_pruned(llmops, refused, folder):
    workspace = Workspace(folder)
    with workspace.tracing.span("work", {"llmops.cell.number": 1}):
        pass
    workspace.close()
    listed = json.loads(llmops("trace", "list", "--json").stdout)
    (trace,) = listed["traces"]
    assert trace["name"] == "work"
    assert "work" in llmops("trace", "show").stdout
    assert "1 trace with 1 span written" in llmops("trace", "export", "a.jsonl").stdout
    assert "0 spans not there before" in llmops("trace", "import", "a.jsonl").stdout
    young = llmops("trace", "prune", "--older-than", "0s").stdout
    assert "1 trace stays: traces are kept for 183 days at least" in young
    (folder / "llmops.toml").write_text('[audit.retention]\ntraces = "0s"\n', encoding="utf-8")
    pruned = llmops("trace", "prune", "--older-than", "0s", "--dry-run").stdout
    assert pruned.startswith("1 trace with 1 span would be forgotten")
    assert "cannot be read" in refused("trace", "list", "--where", "x")
