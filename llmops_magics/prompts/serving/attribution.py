"""What the spans of a released prompt's calls say of the release."""

from __future__ import annotations

from llmops_magics.tracing import semconv


def attributes_of(ref: str, environment: str, arm: str, rollout_id: str) -> dict[str, str]:
    """Return the attributes by name; what there is none of is left out."""
    said = {
        semconv.PROMPT_REF: ref,
        semconv.RELEASE_ENVIRONMENT: environment,
        semconv.RELEASE_ARM: arm,
        semconv.RELEASE_ROLLOUT: rollout_id,
    }
    return {name: value for name, value in said.items() if value}
