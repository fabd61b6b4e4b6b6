"""``llmops retrieval queries`` and ``llmops retrieval label``, as processes."""

from __future__ import annotations

import json

from llmops_magics.workspace import Workspace

TEXT = "The refund is settled on day three by the office."


def test_a_pool_is_printed_filled_in_and_read_back(llmops, refused, folder, endpoint):
    reply = {"question": "How is money given back?", "quote": TEXT}
    endpoint(json.dumps(reply))
    workspace = Workspace(folder)
    rows = [{"id": "a", "text": f"{TEXT} {'Nothing else stands here. ' * 9}"}]
    workspace.indexes.build(
        "docs", workspace.corpora.add("docs", rows), chunker="whole", embedding="openai/vectors"
    )
    workspace.close()
    made = llmops("retrieval", "queries", "docs", "--n", 1, "--model", "openai/writer")
    assert made.returncode == 0, made.stderr
    assert "1 synthetic question on docs" in made.stdout
    asked = ("retrieval", "label", "docs", "--queries", "docs-synthetic")
    printed = llmops(*asked)
    (row,) = map(json.loads, printed.stdout.splitlines())
    assert (row["document_id"], row["grade"]) == ("a", None)
    assert "1 of them not graded" in printed.stderr
    (folder / "filled.jsonl").write_text(json.dumps({**row, "grade": 3}))
    back = llmops(*asked, "--read", "filled.jsonl", "--as", "docs-labelled", "--json")
    record = json.loads(back.stdout)
    assert (record["own"], record["dataset"]) == (1, "docs-labelled@1")
    (folder / "filled.jsonl").write_text(json.dumps({**row, "grade": "3"}))
    assert "'3' is no grade" in refused(*asked, "--read", "filled.jsonl")
    assert "llmops retrieval label docs" in llmops("retrieval", "label", "--help").stdout
