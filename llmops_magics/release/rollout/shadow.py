"""Shadow mode: the candidate answers too, in the background, and nobody is shown what it says.

The caller has the stable answer before the candidate is asked, and never waits for it, nor sees its
failures. The candidate's calls pass budgets, limits and the guard like any others. When more wait
than ``MOST_WAITING``, further requests are not shadowed, and counted.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final

from sqlalchemy import insert

from llmops_magics.prompts.rendered import PromptAnswer
from llmops_magics.prompts.serving.pointer import SHADOW, Pointer
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.rollout.comparison import compare, failed
from llmops_magics.storage.fork import renew_in_child
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import shadow_pair
from llmops_magics.tracing import semconv
from llmops_magics.tracing.session import set_attributes

MOST_WAITING: Final = 64
THREADS: Final = 2
SHADOW_ARM: Final = "shadow"  # in spans: neither arm's requests
_LOG = logging.getLogger(__name__)

Ask = Callable[[str, Mapping[str, Any], str], PromptAnswer]
"""Asks a prompt's version with variables and a model, "" for its own."""


class Shadows:
    """The background of shadow mode: threads, what waits, and what was not done."""

    def __init__(self, store: Callable[[], Store], ask: Ask) -> None:
        self._store = store
        self._ask = ask
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with nothing waiting: a forked child's parent goes on with its own."""
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: set[Future[None]] = set()
        self.skipped: Counter[str] = Counter()

    def submit(
        self, pointer: Pointer, variables: Mapping[str, Any], given: PromptAnswer
    ) -> Future[None] | None:
        """Let the candidate answer what was answered; None where it is not asked."""
        if pointer.state != SHADOW or pointer.candidate is None:
            return None
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self.skipped["too many waited"] += 1
                return None
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="llmops-shadow")
            future = self._pool.submit(self._answer, pointer, dict(variables), given)
            self._waiting.add(future)
        future.add_done_callback(self._forget)
        return future

    def drain(self, timeout_s: float = 30.0) -> None:
        """Wait for the answers that are on their way."""
        wait(list(self._waiting), timeout_s)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._waiting.discard(future)

    def _answer(self, pointer: Pointer, variables: dict[str, Any], given: PromptAnswer) -> None:
        try:
            self._compare(pointer, variables, given)
        except Exception as error:  # noqa: BLE001 -- nothing here may reach whoever asked
            self.skipped[f"not stored: {type(error).__name__}"] += 1
            _LOG.warning("A shadow answer of %s could not be kept: %s", pointer.ref, error)

    def _compare(self, pointer: Pointer, variables: dict[str, Any], given: PromptAnswer) -> None:
        candidate = pointer.candidate
        if candidate is None:
            return
        set_attributes(_attributes(pointer))
        trace_id = ""
        try:
            answer = self._ask(f"{pointer.prompt}@{candidate.number}", variables, candidate.model)
            trace_id = answer.trace_id
            scorers = pointer.plan.scorers if pointer.plan else ()
            comparison = compare(given, answer, variables=variables, scorers=scorers)
        except Exception as error:  # noqa: BLE001 -- a candidate that fails is what one looks for
            comparison = failed(given, error)
        finally:
            set_attributes(None)
        with self._store().write() as connection:
            connection.execute(
                insert(shadow_pair),
                {
                    "rollout_id": pointer.rollout_id,
                    "stable_trace": given.trace_id,
                    "candidate_trace": trace_id,
                    "comparison": comparison,
                    "at": format_time(utc_now()),
                },
            )


def _attributes(pointer: Pointer) -> dict[str, str]:
    return {
        semconv.RELEASE_ENVIRONMENT: pointer.environment,
        semconv.RELEASE_ROLLOUT: pointer.rollout_id,
        semconv.RELEASE_ARM: SHADOW_ARM,
    }
