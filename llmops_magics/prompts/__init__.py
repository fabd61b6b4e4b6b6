"""Prompts as code: templates, immutable versions, labels and diffs."""
