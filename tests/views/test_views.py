from __future__ import annotations

import subprocess
import sys

import llmops_magics.views
from llmops_magics.record import VIEWS


def test_the_modules_of_views_are_imported_when_first_shown():
    code = (
        "import sys, llmops_magics.views;"
        "print(*[m for m in sys.modules if m.startswith('llmops_magics.views.')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(shown.stdout.split()) == {
        "llmops_magics.views.document",
        "llmops_magics.views.markup",
    }


def test_every_kind_of_a_prompts_life_has_a_view():
    assert llmops_magics.views.html_document
    kinds = {kind for kind in VIEWS if kind.startswith("prompt-")}
    assert kinds == {
        f"prompt-{name}"
        for name in (
            *("ablation", "answer", "archive", "bisect", "blame", "dependents", "diff"),
            *("list", "log", "search", "snapshot", "transfer", "version"),
        )
    }
