"""What people write of times and places, as the store has it."""

from __future__ import annotations

from datetime import UTC, datetime

from llmops_magics.errors import UsageError
from llmops_magics.prompts.reference import check_name
from llmops_magics.record import format_time
from llmops_magics.tracing.moment import moment_ns


def prompt_and_environment(name: str) -> tuple[str, str]:
    """Return prompt and environment of ``prompt@environment``; ``UsageError`` without one."""
    prompt, _, environment = name.strip().partition("@")
    check_name(prompt)
    if not environment or len(environment) > 80 or not environment.isprintable():
        raise UsageError(
            f"{name[:200]!r} names no environment.", hint=f"Write {prompt}@production."
        )
    return prompt, environment


def stored_moment(text: str) -> str:
    """Read ``2h`` ago, a date or a time (UTC) as RFC 3339; "" stays."""
    return format_time(datetime.fromtimestamp(moment_ns(text) / 1e9, UTC)) if text else ""
