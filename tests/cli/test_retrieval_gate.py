"""The gold notebook of retrieval, executed as a gate on a corpus with the embedded model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).parents[2] / "notebooks" / "gates" / "retrieval_gate.ipynb"
TEXTS = {
    "refund.md": "# Refunds\n\nA refund is paid within 14 days to the card that was used.",
    "ship.md": "# Shipping\n\nParcels leave the warehouse in two working days.",
    "hours.md": "# Opening hours\n\nThe shop is open from nine to five. On Sundays it is closed.",
    "gift.md": "# Gift cards\n\nA gift card is valid for three years.",
    "repair.md": "# Repairs\n\nBroken kettles are mended at no charge during the warranty.",
    "pay.md": "---\ngroups: [hr]\n---\n# Salaries\n\nThe salary of the director stands here.",
}
QUERIES = {
    "how long does a refund take": "refund.md",
    "when do parcels leave": "ship.md",
    "is the shop open on Sunday": "hours.md",
    "how long is a gift card valid": "gift.md",
    "my kettle is broken": "repair.md",
    "when is the money of a refund paid": "refund.md",
    "which warehouse sends parcels": "ship.md",
    "opening hours of the shop": "hours.md",
}


def llmops(*words):
    command = [sys.executable, "-m", "llmops_magics.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_index_is_gated_on_what_it_finds_on_freshness_and_on_access(folder, embedded_models):
    (folder / "llmops.toml").write_text('[access.groups]\nada = ["hr"]\n')
    (folder / "docs").mkdir()
    for name, text in TEXTS.items():
        (folder / "docs" / name).write_text(text)
    rows = [
        {"id": f"q{n}", "text": text, "relevant": [{"document_id": name}]}
        for n, (text, name) in enumerate(QUERIES.items())
    ]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert llmops("corpus", "add", "docs", "docs").returncode == 0
    assert llmops("index", "build", "docs").returncode == 0

    rules = ("gate", str(GATE), "-p", "rules=recall@5 >= 0.5; missing == 0")
    passed = llmops(*rules)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "docs: access holds" in passed.stdout

    (folder / "docs" / "refund.md").write_text("# Refunds\n\nThere are no refunds any more.")
    stale = llmops(*rules)
    assert stale.returncode == 1, stale.stdout + stale.stderr
    assert "FAIL  docs: stale <= 1%" in stale.stdout
