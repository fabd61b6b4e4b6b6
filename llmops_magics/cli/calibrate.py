"""``llmops calibrate``: the same as ``%llm_calibrate``. Exit code 0 granted, 1 refused."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.operation import add_operation
from llmops_magics.command.calibrate import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.command.operation import Operation


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="calibrate",
            summary=SUMMARY,
            example=EXAMPLE,
            arguments=ARGUMENTS,
            call=call,
            exit_code=lambda record: 0 if record.decision.granted else 1,
        ),
    )
