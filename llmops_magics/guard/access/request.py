"""A question as Cedar takes it: principal, action, resource, context, and the entities of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llmops_magics.config.access import EVERYBODY, ROLE_PREFIX, roles_in
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import KINDS, Resource

Entity = dict[str, Any]
EntityKey = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One question; ``words`` say more of a policy's reason, by its id."""

    principal: Principal
    action: str
    resource: Resource
    context: dict[str, Any]
    words: dict[str, str]
    side_effect: bool

    @cached_property
    def request(self) -> dict[str, Any]:
        """The request; names are data here, whatever characters are in them."""
        return {
            "principal": _uid("User", self.principal.name),
            "action": _uid("Action", self.action),
            "resource": _uid(KINDS[self.resource.kind], _id(self.resource)),
            "context": self.context,
        }

    @cached_property
    def entities(self) -> dict[EntityKey, Entity]:
        """The principal in their roles and groups, and the resource with what is known of it."""
        who, what = self.principal, self.resource
        parents = [_uid("Role", role) for role in sorted({*who.roles, EVERYBODY})]
        parents += [_uid("Group", group) for group in sorted(who.groups)]
        uid = _uid(KINDS[what.kind], _id(what))
        return {
            ("User", who.name): {"uid": _uid("User", who.name), "attrs": {}, "parents": parents},
            (uid["type"], uid["id"]): {"uid": uid, "attrs": self._attributes(), "parents": []},
        }

    def _attributes(self) -> dict[str, Any]:
        what = self.resource
        known: dict[str, Any] = {"name": what.name}
        if what.kind == "tool":
            known["side_effect"] = self.side_effect
        if what.kind == "document":
            known["corpus"] = what.corpus
            known["groups"] = [_reference("Group", group) for group in sorted(set(what.groups))]
        if what.author and what.kind in ("prompt", "environment"):
            known["author"] = _reference("User", what.author)
        return known


def who(listed: Iterable[str]) -> dict[str, Any]:
    """Return a list of names and ``role:NAME`` as the policies take it."""
    names = list(listed)
    users = [each for each in names if not each.startswith(ROLE_PREFIX)]
    return {
        "users": [_reference("User", each) for each in users],
        "roles": [_reference("Role", each) for each in roles_in(names)],
    }


def batches(prepared: Sequence[Prepared]) -> Iterator[list[Prepared]]:
    """Part questions, in their order, where one knows something else of the same thing."""
    batch: list[Prepared] = []
    known: dict[EntityKey, Entity] = {}
    for each in prepared:
        if any(known.get(key, entity) != entity for key, entity in each.entities.items()):
            yield batch
            batch, known = [], {}
        batch.append(each)
        known |= each.entities
    if batch:
        yield batch


def _id(resource: Resource) -> str:
    return f"{resource.corpus}/{resource.name}" if resource.kind == "document" else resource.name


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"__entity": _uid(kind, name)}
