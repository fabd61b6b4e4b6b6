"""The engine ``llmops`` as papermill finds it: ``papermill in.ipynb out.ipynb --engine llmops``.

papermill loads every engine while it is being imported itself. So this module imports nothing of
it, and the engine comes when a notebook is executed.
"""

from __future__ import annotations

from typing import Any


class PapermillEngine:
    """Hands over to ``engine.RecordingEngine``; the methods are those that papermill asks for."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:
        """Execute a notebook with the parameters injected, and return it."""
        return _engine().execute_notebook(nb, kernel_name, **settings)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """Return the kernel that a notebook names, or ``name``."""
        return _engine().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """Return the language that a notebook names, or ``language``."""
        return _engine().nb_language(nb, language)


def _engine() -> Any:
    from llmops_magics.release.execution.engine import RecordingEngine

    return RecordingEngine
