"""``llmops retrieval causes``, as a process."""

from __future__ import annotations

import json


def test_causes_of_a_run(llmops, refused, folder):
    (folder / "desk.py").write_text("def answer(question):\n    return 'Hello!'\n")
    row = {"id": "a", "question": "How much?", "expected": "3.2 litres", "context": "3.2 litres",
           "retrieved": ["tank"], "relevant": ["tank"]}  # fmt: skip
    (folder / "cases.jsonl").write_text(json.dumps(row))
    assert "no eval run" in refused("retrieval", "causes", "newest")
    ran = llmops("eval", "desk:answer", "--data", "cases.jsonl", "--scorers", "contains")
    assert "1 in the model: 1 retrieved but unused" in ran.stdout
    assert "1 retrieved but unused" in llmops("runs", "show", "newest").stdout
    shown = llmops("retrieval", "causes", "newest", "--json")
    assert json.loads(shown.stdout)["rows"][0]["cause"] == "retrieved but unused"
    assert "llmops retrieval causes newest" in llmops("retrieval", "causes", "--help").stdout
