"""Prompts to and from ``.prompty`` files: version control, review and other tools read those."""

from __future__ import annotations

from llmops_magics.prompts.export import export_all, export_prompt
from llmops_magics.prompts.intake import import_path

__all__ = ["export_all", "export_prompt", "import_path"]
