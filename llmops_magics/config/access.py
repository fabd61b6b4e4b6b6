"""``[access]`` and ``[tools]`` in ``llmops.toml``: groups and roles, and who may do what.

A list of who may do something holds names (``ann``) and roles (``role:editor``, and
``role:everybody``). A list that is there is the whole truth, in dev too: nobody else may. An empty
one names nobody; a list that is left out leaves the question to the policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

EVERYBODY: Final = "everybody"  # the role that everybody has
ROLE_PREFIX: Final = "role:"
# The roles that the package's own policies know.
BUILT_IN_ROLES: Final = ("editor", "approver", "releaser", "security", "privacy")

Name = Annotated[str, Field(min_length=1, max_length=200)]
Role = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
Who = tuple[Name, ...]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptAccess(_Part):
    """Who may edit, label and approve the prompts of a pattern; None leaves it to the policies."""

    edit: Who | None = None
    label: Who | None = None
    approve: Who | None = None


class EnvironmentAccess(_Part):
    """Who may approve a release to an environment, and who may release to it."""

    approve: Who | None = None
    release: Who | None = None


def _names_of_people(roles: dict[str, Who]) -> dict[str, Who]:
    if EVERYBODY in roles:
        raise ValueError(f"{EVERYBODY!r} is the role that everybody has; it names nobody")
    for role, who in roles.items():
        if inner := roles_in(who):
            raise ValueError(
                f"{role!r} lists {ROLE_PREFIX + inner[0]!r}, but a role holds people, no roles;"
                " list their names, or both roles where they may do something"
            )
    return roles


class AccessSettings(_Part):
    """Who is in which groups and roles, by the name that ``LLMOPS_ACTOR`` or the system gives.

    Everybody is in the group ``public``. ``prompts`` has patterns such as ``support/*``, of which
    the first that fits a name and has the list decides. ``policies`` are files in Cedar beside
    ``access.cedar``, which is read where it is there. Without ``default_permits`` they are all that
    permits anything; what the package forbids stays forbidden.
    """

    groups: dict[str, tuple[str, ...]] = {}
    roles: Annotated[dict[Role, Who], AfterValidator(_names_of_people)] = {}
    prompts: dict[Name, PromptAccess] = {}
    environments: dict[Name, EnvironmentAccess] = {}
    policies: tuple[Name, ...] = ()
    default_permits: bool = True

    @model_validator(mode="after")
    def _known_roles(self) -> AccessSettings:
        lists = [
            who
            for part in (*self.prompts.values(), *self.environments.values())
            for who in part.model_dump().values()
        ]
        unknown = unknown_roles(self.roles, lists)
        if unknown:
            raise ValueError(_unknown(unknown, self.roles))
        return self


def _usable_schema(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator: Any = validator_for(schema)
        validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        what = error.message if isinstance(error, SchemaError) else "it never ends"
        raise ValueError(f"it is no JSON schema: {what[:200]}") from None
    return schema


class ToolSettings(_Part):
    """What a tool may be called with, by whom and by which prompts; None and empty mean any.

    ``arguments`` is the JSON schema of its arguments, ``hosts`` those that addresses in them may
    name (``example.com`` covers its subdomains; empty: none). A tool has side effects unless this
    says otherwise. ``answerers`` may answer for a call that waits for a person.
    """

    callers: Who | None = None
    answerers: Who | None = None
    prompts: tuple[Name, ...] = ()
    side_effect: bool = True
    arguments: Annotated[dict[str, Any] | None, AfterValidator(_usable_schema)] = None
    hosts: tuple[Host, ...] | None = None


class ToolFault(NamedTuple):
    """What is wrong with a tool's settings."""

    tool: str
    what: str


def check_tools(tools: dict[str, ToolSettings], access: AccessSettings) -> ToolFault | None:
    """Return the first tool that names a role nobody knows."""
    for name, tool in tools.items():
        unknown = unknown_roles(access.roles, [tool.callers, tool.answerers])
        if unknown:
            return ToolFault(name, _unknown(unknown, access.roles))
    return None


def roles_in(who: Iterable[str]) -> list[str]:
    """Return the roles among those who are listed."""
    return [each.removeprefix(ROLE_PREFIX) for each in who if each.startswith(ROLE_PREFIX)]


def unknown_roles(roles: dict[str, Who], lists: Iterable[Who | None]) -> str:
    """Return the first role in lists that neither the settings nor the package have, or ""."""
    known = {*roles, *BUILT_IN_ROLES, EVERYBODY}
    named = (role for who in lists for role in roles_in(who or ()))
    return next((role for role in named if role not in known), "")


def _unknown(role: str, roles: dict[str, Who]) -> str:
    known = ", ".join(sorted({*roles, *BUILT_IN_ROLES, EVERYBODY}))
    return f"there is no role {role!r} (there are: {known}; [access.roles] makes more)"
