"""``llmops retrieval sweep``, as a process."""

from __future__ import annotations

import json


def test_what_cannot_be_meant_and_help(refused, llmops, folder):
    rows = [{"id": "q1", "text": "What?", "relevant": ["d1"]}]
    (folder / "asked.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert "CORPUS is missing" in refused("retrieval", "sweep")
    assert "there is no sweep 'ab12'" in refused("retrieval", "sweep", "--show", "ab12")
    said = refused("retrieval", "sweep", "docs", "--queries", "asked.jsonl")
    assert "there is no corpus 'docs'" in said
    shown = llmops("retrieval", "sweep", "--help").stdout
    assert "llmops retrieval sweep docs --queries queries.jsonl" in shown
