"""``llmops retrieval``, as a process."""

from __future__ import annotations

import json


def test_what_cannot_be_meant_and_help(llmops, refused, folder):
    rows = [{"id": "q1", "text": "What?", "relevant": ["d1"]}]
    (folder / "asked.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert "there is no retrieval check" in refused("retrieval", "drift", "docs")
    said = refused("retrieval", "check", "docs", "--queries", "asked.jsonl")
    assert "no corpus is called 'docs'" in said
    bad = llmops("retrieval", "check", "d", "--queries", "a", "--k", "0")
    assert (bad.returncode, "no list of k" in bad.stderr) == (2, True)
    shown = llmops("retrieval", "check", "--help").stdout
    assert "llmops retrieval check docs --queries queries.jsonl --k 5,10,20" in shown
