"""The rollouts under way: looked at, watched, told of, and answered in the shadow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import LlmopsError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.rendered import PromptAnswer
    from llmops_magics.prompts.serving.pointer import Pointer
    from llmops_magics.release.rollout.record import (
        RolloutLook,
        RolloutReport,
        RolloutWatch,
        ShadowReport,
    )
    from llmops_magics.release.rollout.shadow import Shadows
    from llmops_magics.release.rollout.watch import Round, Watcher
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.prompts import Prompts
    from llmops_magics.workbench.releases import Releases

OnLook = Callable[["RolloutLook"], None]
EVERY_S: Final = 30.0
KEPT_PROBLEMS: Final = 20


class Rollouts:
    """The rollouts of a workspace: ``workspace.rollouts``.

    Each method is what ``llmops release watch``, ``look`` and ``shadow`` call.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        releases: Callable[[], Releases],
        prompts: Callable[[], Prompts],
        flush: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._releases = releases
        self._prompts = prompts
        self._flush = flush

    def look(self, place: str) -> RolloutLook:
        """Return what a look at ``name@environment`` says now; nothing is written."""
        from llmops_magics.record import utc_now
        from llmops_magics.release.rollout.look import look_at

        pointer = self._pointer(place)
        if not pointer.is_under_way:
            raise UsageError(f"No rollout is under way in {place}.", hint="See its history.")
        self._flush()
        with self._store().read() as connection:
            return look_at(connection, pointer, utc_now())

    def report(self, place: str) -> RolloutReport:
        """Return the newest rollout of ``name@environment``, under way or over."""
        from llmops_magics.release.rollout.report import rollout_report

        pointer = self._pointer(place)
        self._flush()
        with self._store().read() as connection:
            return rollout_report(connection, pointer, self.shadows.skipped)

    def watch(
        self,
        place: str = "",
        *,
        once: bool = False,
        every_s: float = EVERY_S,
        times: int = 0,
        on_look: OnLook | None = None,
    ) -> RolloutWatch:
        """Look at every rollout (or one) again and again; advance, hold or roll back.

        One process acts: while another holds the lease this one waits for it. ``once`` looks once;
        ``times`` stops after so many rounds. Ctrl-C ends the watch and leaves the rollouts as
        they are. Looks are handed to ``on_look`` as they are made.
        """
        from llmops_magics.release.rollout.lease import LASTS_S, give_back
        from llmops_magics.release.rollout.watch import Watcher

        if place:
            self._pointer(place)
        store = self._store()
        watcher = Watcher(
            store, self._releases(), actor=self._actor(), lasts_s=max(LASTS_S, 3 * every_s)
        )
        told = _Told(on_look)
        try:
            while True:
                began = time.monotonic()
                told.add(self._round(watcher, place))
                if once or (times and told.rounds >= times):
                    break
                time.sleep(max(0.0, every_s - (time.monotonic() - began)))
        except KeyboardInterrupt:
            told.was_interrupted = True
        finally:
            if watcher.lease is not None:
                give_back(store, watcher.lease)
        return told.record

    def shadow(self, place: str) -> ShadowReport:
        """Return how the candidate's answers in shadow mode compare with those given."""
        from llmops_magics.release.rollout.shadow_report import shadow_report

        pointer = self._pointer(place)
        self.shadows.drain()
        with self._store().read() as connection:
            return shadow_report(connection, pointer, self.shadows.skipped)

    def beside(
        self, pointer: Pointer, variables: Mapping[str, Any], given: PromptAnswer
    ) -> Future[None] | None:
        """Let the candidate answer too, in the background, where ``pointer`` is in the shadow."""
        return self.shadows.submit(pointer, variables, given)

    def feedback(self, trace_id: str, name: str, value: float) -> None:
        """Say of an answer, by its trace, whether it was good: ``feedback.NAME``, ``score.NAME``.

        ``value`` is a number, or True and False; for ``feedback`` 0.5 and more is good.
        """
        from llmops_magics.release.rollout.feedback import add_feedback

        self._flush()
        add_feedback(self._store(), trace_id, name, value)

    @cached_property
    def shadows(self) -> Shadows:
        """The background in which candidates answer."""
        from llmops_magics.release.rollout.shadow import Shadows

        def ask(reference: str, variables: Mapping[str, Any], model: str) -> PromptAnswer:
            return self._prompts().ask(reference, variables, model=model)

        return Shadows(self._store, ask)

    def _round(self, watcher: Watcher, place: str) -> Round:
        from llmops_magics.release.rollout.watch import Round

        try:
            self._flush()
            return watcher.round(place)
        except LlmopsError as error:  # a store that is away: the next round may find it
            return Round(problems=(str(error),))

    def _pointer(self, place: str) -> Pointer:
        pointer = self._releases().pointer(place)
        if pointer is None:
            raise UsageError(
                f"Nothing was released to {place[:200]}.",
                hint="Write NAME@ENVIRONMENT; `llmops release status` lists what is served.",
            )
        return pointer


class _Told:
    """What a watch has told so far."""

    def __init__(self, on_look: OnLook | None) -> None:
        self._on_look = on_look or (lambda _: None)
        self._looks: dict[str, RolloutLook] = {}
        self._problems: list[str] = []
        self._holder = ""
        self._changes = 0
        self.rounds = 0
        self.was_interrupted = False

    def add(self, made: Round) -> None:
        """Take in a round."""
        self.rounds += 1
        self._holder = made.holder
        self._problems = [*self._problems, *made.problems][-KEPT_PROBLEMS:]
        for look in made.looks:
            self._looks[look.ref] = look
            self._changes += look.outcome == "done"
            self._on_look(look)

    @property
    def record(self) -> RolloutWatch:
        """The record of the watch."""
        from llmops_magics.release.rollout.record import RolloutWatch

        return RolloutWatch(
            looks=tuple(self._looks.values()),
            rounds=self.rounds,
            changes=self._changes,
            holder=self._holder,
            problems=tuple(self._problems),
            was_interrupted=self.was_interrupted,
        )
