"""Our errors as one red line in the notebook; ``--traceback`` shows where they come from.

Ctrl-C stays what it is, so that "run all" stops; what was finished before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from IPython.core.error import UsageError as ShellUsageError

from llmops_magics.errors import LlmopsError
from llmops_magics.evals.stopped import EvalInterrupted
from llmops_magics.magics.parser import HelpShown

F = TypeVar("F", bound=Callable[..., Any])


def readable(magic: F) -> F:
    """Wrap a magic's function: errors of ours become ``UsageError``, help becomes nothing."""

    @wraps(magic)
    def wrapped(self: Any, line: str, *rest: Any, **named: Any) -> Any:
        try:
            return magic(self, line, *rest, **named)
        except HelpShown:
            return None
        except LlmopsError as error:
            if "--traceback" in line.split():
                raise
            raise ShellUsageError(" ".join(str(error).split())) from None
        except EvalInterrupted as stopped:
            print(stopped)  # noqa: T201
            raise KeyboardInterrupt from None
        except KeyboardInterrupt:
            print("Stopped. Versions, label moves and finished samples are kept.")  # noqa: T201
            raise KeyboardInterrupt from None

    return wrapped  # type: ignore[return-value]
