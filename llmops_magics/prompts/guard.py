"""What comes before a label: the question whether the version's own tests pass.

The tests run in a layer above; here is only who is asked, and what the answer means.
"""

from __future__ import annotations

from collections.abc import Callable

from llmops_magics.errors import LlmopsError, PromptError
from llmops_magics.prompts.version import PromptVersion

Guard = Callable[[PromptVersion], str]
"""Says why a version that names tests may not have a label now, or ``""`` if it may."""


def no_guard(_: PromptVersion) -> str:
    """Refuse: what cannot be tested has not passed."""
    return "it names tests, and nothing here can run them."


def judge(guard: Guard, version: PromptVersion, label: str, *, force: bool) -> str:
    """Return what the version's tests say against a label, ``""`` if nothing.

    Raises ``PromptError`` for a refusal that is not forced. Tests that cannot even be run are one.
    """
    try:
        refusal = guard(version) if version.tests else ""
    except LlmopsError as error:
        if not force:
            raise
        refusal = str(error)
    if refusal and not force:
        raise PromptError(
            f"{version.ref} may not have the label {label!r}: {refusal}",
            hint="To label it all the same: --force --reason WHY, which is audited.",
        )
    return refusal
