"""An archive that was refused: no file of it is kept, but the trail says that there was a run."""

from __future__ import annotations

from llmops_magics.audit import trail
from llmops_magics.errors import GateRunError
from llmops_magics.storage.store import Store


def note_refusal(
    store: Store, *, name: str, notebook: str, refused: GateRunError, actor: str
) -> None:
    """Write the event of a run whose notebook may hold a secret."""
    with store.write() as connection:
        trail.append(
            connection,
            actor=actor,
            action="gate.refused",
            resource=f"gate/{name}",
            body={"notebook": notebook, "reason": refused.message},
        )
