"""The one place that decides: ``authorize(principal, action, resource, context)``.

It is a pure function of the policies, of what ``llmops.toml`` says, and of what it is asked:
nothing is written, and a decision takes well under a millisecond. Who acts on it (a registry, a
tool, a search) enforces it, and records a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from llmops_magics.config.access import AccessSettings, ToolSettings
from llmops_magics.errors import AccessDeniedError
from llmops_magics.guard.access.call import call_facts
from llmops_magics.guard.access.decision import AccessDecision
from llmops_magics.guard.access.policy_set import PolicySet, Ruling
from llmops_magics.guard.access.principal import Principal, principal_of
from llmops_magics.guard.access.request import Prepared, batches, who
from llmops_magics.guard.access.resource import Resource, check_kind
from llmops_magics.record import digest

# Which list of [access.prompts."…"] and [access.environments.…] an action is about.
_PROMPT_LISTS: Final = {"edit_prompt": "edit", "label_prompt": "label", "approve": "approve"}
_TOOL_LISTS: Final = {"call_tool": "callers", "answer_pending": "answerers"}
_CONFIRMABLE: Final = "tainted-tool"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing to decide. ``context`` holds what is known of the request beside the resource.

    Of a label it is ``label``. Of a tool's call: ``arguments`` (an object or its JSON; left out,
    nobody asks about them), ``prompt`` (its name), ``tainted``, ``confirmed``, ``side_effect``.
    """

    principal: Principal
    action: str
    resource: Resource
    context: Mapping[str, Any]


class Authority:
    """Decides by one set of policies and one ``llmops.toml``."""

    def __init__(
        self,
        policies: PolicySet,
        *,
        access: AccessSettings,
        tools: Mapping[str, ToolSettings],
        environment: str,
    ) -> None:
        self._policies = policies
        self._access = access
        self._tools = tools
        self._environment = environment
        said = [access.model_dump(), {name: tool.model_dump() for name, tool in tools.items()}]
        self.digest = digest([policies.content, *said])

    def principal(self, name: str) -> Principal:
        """Return somebody by name, with the groups and roles that the settings give them."""
        return principal_of(name, self._access.groups, self._access.roles)

    def authorize(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        context: Mapping[str, Any] | None = None,
    ) -> AccessDecision:
        """Decide one question; raises ``UsageError`` for an action that is not done to this."""
        question = Question(
            principal=principal, action=action, resource=resource, context=context or {}
        )
        return self.authorize_all([question])[0]

    def authorize_all(self, questions: Sequence[Question]) -> list[AccessDecision]:
        """Decide many questions, those about the same things in one go."""
        prepared = [self._prepare(question) for question in questions]
        decided: list[AccessDecision] = []
        for batch in batches(prepared):
            entities = {key: entity for each in batch for key, entity in each.entities.items()}
            rulings = self._policies.decide([b.request for b in batch], list(entities.values()))
            decided += [self._decision(*pair) for pair in zip(batch, rulings, strict=True)]
        return decided

    def _prepare(self, question: Question) -> Prepared:
        check_kind(question.action, question.resource)
        context: dict[str, Any] = {"environment": self._environment_of(question.resource)}
        words: dict[str, str] = {}
        tool = self._tools.get(question.resource.name)
        if question.action == "call_tool":
            facts, words = call_facts(tool or ToolSettings(), question.context)
            context |= facts
        if question.action == "label_prompt" and question.context.get("label"):
            context["label"] = str(question.context["label"])
        if question.action == "read_document":
            shared = question.principal.groups.intersection(question.resource.groups)
            words["in-group"] = ", ".join(sorted(shared))
        listed = self._listed(question.action, question.resource)
        if listed is not None:
            context["allowed"] = who(listed)
        said = bool(question.context.get("side_effect", True))  # of a tool that nobody declared
        return Prepared(
            principal=question.principal,
            action=question.action,
            resource=question.resource,
            context=context,
            words=words,
            side_effect=tool.side_effect if tool else said,
        )

    def _environment_of(self, resource: Resource) -> str:
        """Return where the effect is: releasing to production is decided as in production."""
        return resource.name if resource.kind == "environment" else self._environment

    def _listed(self, action: str, resource: Resource) -> tuple[str, ...] | None:
        """Return who may by the settings, None where they do not say."""
        if resource.kind == "tool":
            tool = self._tools.get(resource.name, ToolSettings())
            return getattr(tool, _TOOL_LISTS[action], None) if action in _TOOL_LISTS else None
        if resource.kind == "environment":
            there = self._access.environments.get(resource.name)
            return getattr(there, action, None)
        if resource.kind == "prompt" and action in _PROMPT_LISTS:
            for pattern, prompt in self._access.prompts.items():
                who: tuple[str, ...] | None = getattr(prompt, _PROMPT_LISTS[action])
                if who is not None and fnmatchcase(resource.name, pattern):
                    return who
        return None

    def _decision(self, asked: Prepared, ruling: Ruling) -> AccessDecision:
        ids = tuple(rule.id for rule in ruling.rules)
        reasons = [_because(rule.because, asked.words.get(rule.id, "")) for rule in ruling.rules]
        if ruling.errors:
            reasons.append("a policy could not be evaluated, so nothing is permitted")
        return AccessDecision(
            principal=asked.principal.name,
            groups=tuple(sorted(asked.principal.groups)),
            roles=tuple(sorted(asked.principal.roles)),
            action=asked.action,
            resource=str(asked.resource),
            environment=asked.context["environment"],
            allowed=ruling.allowed,
            policies=ids,
            reasons=tuple(reasons) or ("no policy permits it",),
            policy_digest=self.digest,
            errors=ruling.errors,
            needs_yes=ids == (_CONFIRMABLE,) and not ruling.errors and self._would_pass(asked),
        )

    def _would_pass(self, asked: Prepared) -> bool:
        """Tell whether a person's yes is all that is missing."""
        request = asked.request | {"context": asked.context | {"is_confirmed": True}}
        return self._policies.decide([request], list(asked.entities.values()))[0].allowed


def _because(words: str, detail: str) -> str:
    return f"{words}: {detail}" if detail else words


def refuse(decision: AccessDecision) -> None:
    """Raise ``AccessDeniedError`` for a decision that does not permit."""
    if decision.allowed:
        return
    asked = f"{decision.principal} {decision.action} {decision.resource}"
    hint = f"`llmops guard can {asked}` explains it; [access.roles] in llmops.toml gives roles."
    if decision.needs_yes:
        hint = "A person may say yes: %guard pending."
    raise AccessDeniedError(
        f"{decision.sentence}.", hint=hint, policies=decision.policies, decision=decision
    )
