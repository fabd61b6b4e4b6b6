"""This package as a user runs it: traced, priced, cached and stored, each answer durable."""

from __future__ import annotations

from pathlib import Path

import work

from llmops_magics.library import evaluate, register_prompt
from llmops_magics.workspace import current_workspace

if __name__ == "__main__":
    Path("llmops.toml").touch()
    register_prompt("capital", "{{ question }}", model=f"openai/{work.MODEL}")
    run = evaluate("capital", work.CASES_FILE, ["exact_match"], concurrency=work.CONCURRENCY)
    current_workspace().spans.flush()
    (score,) = run.summary.scores
    work.report(score.n, round((score.mean or 0) * score.n))
