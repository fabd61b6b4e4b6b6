"""The check before a tool is called: who asks, for which prompt, with what, and after what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_magics.guard.access.authority import Authority
from llmops_magics.guard.access.decision import AccessDecision
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import Resource


def check_call(
    authority: Authority,
    tool: str,
    arguments: Mapping[str, Any] | str,
    principal: Principal,
    *,
    tainted: bool,
    confirmed: bool = False,
    prompt: str = "",
    side_effect: bool = True,
) -> AccessDecision:
    """Decide whether a tool may be called with these arguments: an object, or its JSON.

    ``tainted`` tells that text nobody vouches for came into the context before, ``confirmed`` that
    a person said yes to this very call: a decision with ``needs_yes`` waits for that alone.
    ``prompt`` is the name of the prompt whose model asks. ``side_effect`` is of a tool that
    ``llmops.toml`` does not declare.
    """
    context = {
        "arguments": arguments,
        "tainted": tainted,
        "confirmed": confirmed,
        "prompt": prompt,
        "side_effect": side_effect,
    }
    return authority.authorize(principal, "call_tool", Resource(kind="tool", name=tool), context)
