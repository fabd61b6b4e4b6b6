"""Make an executed notebook a record that needs no kernel and names nothing of this machine.

A widget's state shows the last moment and not what was seen, and an archive shows it blank, so
live views are dropped and the static ones beside them stay.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.record import canonical_json
from llmops_magics.release.dossier.stream import settle_streams

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
DROPPED = {"text/plain": "(a live widget, which a record cannot hold)"}


def freeze(notebook: Any, note: dict[str, Any]) -> None:
    """Drop live views and absolute paths in place; ``note`` goes into the metadata."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        settle_streams(cell)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET_VIEW in data:
                del data[WIDGET_VIEW]
                if not data:
                    data.update(DROPPED)
    papermill = notebook.metadata.get("papermill", {})
    for name in ("input_path", "output_path"):
        if papermill.get(name):
            papermill[name] = note["notebook"]
    notebook.metadata["llmops_gate"] = note


def outputs_of(notebook: Any) -> list[Any]:
    """Return what the cells show, in order, without the numbers that count executions."""
    return [
        {name: value for name, value in output.items() if name != "execution_count"}
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


def shown_records(notebook: Any, mime_type: str) -> list[bytes]:
    """Return the canonical JSON of every record of one type that a notebook shows."""
    return [
        canonical_json(output["data"][mime_type])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if mime_type in output.get("data", {})
    ]
