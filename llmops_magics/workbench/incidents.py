"""What went wrong in production: ``workspace.audit.incidents``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llmops_magics.release import incident as kept
from llmops_magics.workbench.asked import prompt_and_environment, stored_moment

if TYPE_CHECKING:
    from llmops_magics.release.incident import Incident, IncidentList
    from llmops_magics.storage.store import Store

_LOCK = "incident"


class Incidents:
    """The incidents of one workspace; each opening and closing is an audit event too."""

    def __init__(self, store: Callable[[], Store], actor: Callable[[], str]) -> None:
        self._store = store
        self._actor = actor

    def open(self, name: str, title: str, **details: str) -> Incident:
        """Write down what went wrong with ``prompt@environment``.

        ``details`` are ``severity`` (near-miss, minor, major, serious), ``description``,
        ``impact``, ``stakeholders``, ``source``, ``data_reported``, ``occurred_at`` (now by
        default), ``reporter`` and ``system_id``.
        """
        prompt, environment = prompt_and_environment(name)
        told = details | {"occurred_at": stored_moment(details.get("occurred_at", ""))}
        with self._store().write(lock=_LOCK) as connection:
            return kept.open_incident(
                connection,
                prompt=prompt,
                environment=environment,
                title=title,
                actor=self._actor(),
                **told,
            )

    def close(self, incident_id: str, action: str) -> Incident:
        """Close an incident with what was done about it."""
        with self._store().write(lock=_LOCK) as connection:
            return kept.close_incident(connection, incident_id, actor=self._actor(), action=action)

    def get(self, incident_id: str) -> Incident:
        """Return an incident as it is now."""
        with self._store().read() as connection:
            return kept.get_incident(connection, incident_id)

    def list(self, name: str = "", *, only_open: bool = False) -> IncidentList:
        """Return incidents, the open ones first; of a prompt, or of ``prompt@environment``."""
        prompt, _, environment = name.strip().partition("@")
        with self._store().read() as connection:
            return kept.list_incidents(
                connection, prompt=prompt, environment=environment, only_open=only_open
            )
