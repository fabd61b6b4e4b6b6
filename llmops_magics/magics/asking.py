"""Ask whoever sits before a live kernel: a question of the guard, in the cell that waits for it.

Only a person's typing answers. Where the frontend takes no input (papermill, a gate) nobody is
asked here, and the question waits for somebody in another process.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.guard.boundary.asking import set_asker

if TYPE_CHECKING:
    from llmops_magics.guard.boundary.pending import PendingQuestion

_ANSWERS: Final = {"y": True, "yes": True, "n": False, "no": False}


class KernelAsker:
    """Asks in one kernel, one question at a time."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Ask here from now on, where there is a kernel that somebody may sit before."""
        if getattr(self._shell, "kernel", None) is not None:
            set_asker(self)

    def stop(self) -> None:
        """Ask here no more."""
        set_asker(None)

    def __call__(self, question: PendingQuestion) -> bool | None:
        """Return the answer; None where nobody gave one."""
        with self._one_at_a_time:  # others were asked first, and the time went on
            return self._ask(question) if question.seconds_left else None

    def _ask(self, question: PendingQuestion) -> bool | None:
        from llmops_magics.views.markup import abbreviate, visible

        lines = [
            f"A person is asked (question {question.id}): {visible(question.subject)}",
            f"  why: {abbreviate(visible(question.reason), 500)}",
            *(f"  {line}" for line in visible(question.shown).splitlines()[:20]),
        ]
        sys.stdout.write("\n".join([*lines, ""]))
        sys.stdout.flush()
        try:
            said = self._shell.kernel.raw_input("Allow it? yes or no: ")
        except (EOFError, NotImplementedError, RuntimeError, OSError):  # no frontend takes input
            return None
        return _ANSWERS.get(str(said).strip().lower(), False)
