"""Who may do what in a workspace: ``workspace.access``.

Settings are read once and policies whenever one of their files changes; a decision is then a
function of them. ``require`` is for
whoever enforces: what is refused is raised as ``AccessDeniedError`` and written to the audit
trail. Who acts is asserted (``LLMOPS_ACTOR``, or the operating system's user): nothing here proves
that somebody is who they say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from llmops_magics.audit import trail
from llmops_magics.config.access import BUILT_IN_ROLES
from llmops_magics.guard.access.authority import Authority, Question, refuse
from llmops_magics.guard.access.decision import AccessDecision
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import Resource, read_resource
from llmops_magics.guard.access.tool import check_call

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.access_subject import Subjects

POLICY_FILE: Final = "access.cedar"
DENIED: Final = "access.deny"  # the action of the audit event
_Stamp: TypeAlias = tuple[str, int, int, int]


class Access:
    """Decides by the policies of one workspace, and keeps what it refuses."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        subjects: Callable[[], Subjects],
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._actor = actor
        self._subjects = subjects
        self._read: tuple[tuple[_Stamp, ...], Authority] | None = None

    @property
    def authority(self) -> Authority:
        """What decides; raises ``ConfigError`` for policies that are wrong: then nobody may."""
        stamps = tuple(_stamp(self._root, name) for name in self.policy_files)
        if self._read is None or self._read[0] != stamps:
            self._read = None  # a file that is wrong now must not leave the old policies in force
            self._read = (stamps, self._authority())
        return self._read[1]

    def _authority(self) -> Authority:
        from llmops_magics.guard.access.policy_set import read_policies

        settings = self._settings()
        policies = read_policies(
            self._root, self.policy_files, default_permits=settings.access.default_permits
        )
        return Authority(
            policies,
            access=settings.access,
            tools=settings.tools,
            environment=settings.environment,
        )

    @property
    def policy_files(self) -> tuple[str, ...]:
        """The workspace's own policies: ``access.cedar`` where it is there, and those named."""
        named = self._settings().access.policies
        # A link to nowhere is there: reading it fails, and nobody may anything.
        own = (POLICY_FILE,) if os.path.lexists(self._root / POLICY_FILE) else ()
        return tuple(dict.fromkeys((*own, *named)))

    def principal(self, who: Principal | str | None = None) -> Principal:
        """Return somebody by name, with their groups and roles; left out, who acts."""
        if isinstance(who, Principal):
            return who
        # An empty name is nobody's: it must not turn into whoever runs this process.
        return self.authority.principal(self._actor() if who is None else who)

    def authorize(
        self,
        principal: Principal | str | None,
        action: str,
        resource: Resource | str,
        context: Mapping[str, Any] | None = None,
    ) -> AccessDecision:
        """Decide; nothing is written. ``resource`` is one, ``KIND:NAME`` or a name.

        What is only named is looked up: a prompt's author, a document's groups. See
        ``guard.access.authority.Question`` for ``context``. Raises ``UsageError`` for an
        action or a resource that cannot be meant.
        """
        what = self._resource(action, resource)
        return self.authority.authorize(self.principal(principal), action, what, context)

    def require(
        self,
        principal: Principal | str | None,
        action: str,
        resource: Resource | str,
        context: Mapping[str, Any] | None = None,
    ) -> AccessDecision:
        """Return the decision that permits; one that does not is recorded and raised.

        For whoever is not in a write transaction: a refusal is written in one of its own. Its
        ``policies`` and ``policy_digest`` belong into the record of what is permitted.
        """
        return self.enforce(self.authorize(principal, action, resource, context))

    def enforce(self, decision: AccessDecision) -> AccessDecision:
        """Return a decision that permits; record and raise one that does not."""
        if not decision.allowed:
            self.record(decision)
        refuse(decision)
        return decision

    def record(self, *refused: AccessDecision) -> None:
        """Write decisions that refuse to the audit trail, in one transaction."""
        with self._store().write() as connection:
            for decision in refused:
                body = decision.to_dict()
                gone = ("kind", "principal", "action", "allowed", "roles_that_may")
                trail.append(
                    connection,
                    actor=decision.principal,
                    action=DENIED,
                    resource=decision.resource,
                    body={"action": decision.action}
                    | {key: value for key, value in body.items() if key not in gone},
                )

    def check_call(
        self,
        tool: str,
        arguments: Mapping[str, Any] | str,
        principal: Principal | str | None = None,
        *,
        tainted: bool,
        **known: Any,
    ) -> AccessDecision:
        """Decide whether a tool may be called; ``known`` is as ``guard.access.tool`` has it.

        Nothing is written: ``enforce`` raises, and a decision with ``needs_yes`` waits for a
        person's yes (``confirmed=True``) alone.
        """
        who = self.principal(principal)
        return check_call(self.authority, tool, arguments, who, tainted=tainted, **known)

    def may_restore(self, principal: Principal | str | None = None) -> bool:
        """Tell whether somebody may see what was redacted; a refusal is recorded."""
        decision = self.authorize(principal, "restore_redacted", "workspace")
        if not decision.allowed:
            self.record(decision)
        return decision.allowed

    def may_read(
        self, principal: Principal | str | None, documents: Sequence[Resource]
    ) -> list[AccessDecision]:
        """Decide for many documents at once; nothing is written."""
        who = self.principal(principal)
        return self.authority.authorize_all(
            [
                Question(principal=who, action="read_document", resource=each, context={})
                for each in documents
            ]
        )

    def explain(
        self,
        principal: Principal | str | None,
        action: str,
        resource: Resource | str,
        context: Mapping[str, Any] | None = None,
    ) -> AccessDecision:
        """Decide, and where it is denied say which roles would permit it: ``%guard can``."""
        what = self._resource(action, resource)
        who = self.principal(principal)
        decision = self.authority.authorize(who, action, what, context)
        if decision.allowed:
            return decision
        return replace(decision, roles_that_may=self._helping(who, action, what, context or {}))

    def _resource(self, action: str, resource: Resource | str) -> Resource:
        if isinstance(resource, Resource):
            return resource
        return self._subjects().complete(action, read_resource(action, resource))

    def _helping(
        self, who: Principal, action: str, what: Resource, context: Mapping[str, Any]
    ) -> tuple[str, ...]:
        known: Iterable[str] = {*BUILT_IN_ROLES, *self._settings().access.roles}
        roles = sorted(set(known) - who.roles)
        questions = [
            Question(
                principal=replace(who, roles=who.roles | {role}),
                action=action,
                resource=what,
                context=context,
            )
            for role in roles
        ]
        decided = self.authority.authorize_all(questions)
        return tuple(role for role, each in zip(roles, decided, strict=True) if each.allowed)


def _stamp(root: Path, name: str) -> _Stamp:
    """Return what changes with a file: its inode, size and time; zeros where it is not there."""
    try:
        there = (root / name).stat()
    except OSError:  # reading it says what is wrong
        return (name, 0, 0, 0)
    return (name, there.st_ino, there.st_size, there.st_mtime_ns)
