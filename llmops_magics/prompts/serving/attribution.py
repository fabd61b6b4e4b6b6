"""What the spans of a released prompt's calls say of the release."""

from __future__ import annotations

from typing import Final

from llmops_magics.tracing import semconv

BY_BUCKET: Final = "bucket"  # only these can be compared: their arm was drawn
BY_OTHER: Final = "other"  # a rule, or no key


def attributes_of(
    ref: str, environment: str, arm: str, rollout_id: str, *, is_drawn: bool = True
) -> dict[str, str]:
    """Return the attributes by name; what there is none of is left out.

    ``is_drawn`` says that a bucket gave the arm, and not a rule or a missing key.
    """
    by = BY_BUCKET if is_drawn else BY_OTHER
    said = {
        semconv.PROMPT_REF: ref,
        semconv.RELEASE_ENVIRONMENT: environment,
        semconv.RELEASE_ARM: arm,
        semconv.RELEASE_ROLLOUT: rollout_id,
        semconv.RELEASE_BY: by if rollout_id else "",
    }
    return {name: value for name, value in said.items() if value}
