"""Watch rollouts: look again and again, and do what the looks decide.

Two watches never both act: a change is made in one transaction with the check of the lease, with
the stored look that it rests on, and with the generation that was looked at. A look that fails (a
store that is away, a plan that cannot be read) is told of, and the next one is made all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import Connection

from llmops_magics.errors import LlmopsError, ReleaseError
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import Pointer
from llmops_magics.record import digest, utc_now
from llmops_magics.release.rollout.lease import (
    LASTS_S,
    Lease,
    check_lease,
    new_holder,
    read_lease,
    take_lease,
)
from llmops_magics.release.rollout.log import add_look, is_worth_keeping, last_look
from llmops_magics.release.rollout.look import look_at
from llmops_magics.release.rollout.record import RolloutLook
from llmops_magics.storage.store import Store

Check = Callable[[Connection], None]
DONE = "done"


class Transitions(Protocol):
    """What a watch may do to a rollout; ``workspace.releases`` does it."""

    def under_way(self) -> tuple[Pointer, ...]:
        """Return the rollouts that are under way."""
        ...

    def step(
        self,
        rollout_id: str,
        generation: int,
        share: float,
        *,
        by: str,
        reason: str,
        evidence: tuple[str, ...] = ...,
        check: Check | None = None,
    ) -> Pointer:
        """Give the candidate a greater share."""
        ...  # fmt: skip

    def complete(
        self,
        rollout_id: str,
        generation: int,
        *,
        by: str,
        reason: str,
        evidence: tuple[str, ...] = ...,
        check: Check | None = None,
    ) -> Pointer:
        """Give everybody the candidate."""
        ...  # fmt: skip

    def rollback_rollout(
        self,
        rollout_id: str,
        generation: int,
        *,
        by: str,
        reason: str,
        evidence: tuple[str, ...] = ...,
        check: Check | None = None,
    ) -> Pointer:
        """Take the candidate back."""
        ...  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round did: its looks, what went wrong, or who else holds the lease."""

    looks: tuple[RolloutLook, ...] = ()
    problems: tuple[str, ...] = ()
    holder: str = ""


class Watcher:
    """One watch of the rollouts of a store: ``lease`` is held from its first round on."""

    def __init__(
        self,
        store: Store,
        releases: Transitions,
        *,
        actor: str,
        holder: str = "",
        lasts_s: float = LASTS_S,
    ) -> None:
        self._store = store
        self._releases = releases
        self._by = f"release watch ({actor})"
        self._lasts_s = lasts_s
        self.holder = holder or new_holder()
        self.lease: Lease | None = None

    def round(self, place: str = "") -> Round:
        """Look at each rollout (or that of ``name@environment``) once, and act."""
        self.lease = take_lease(self._store, self.holder, lasts_s=self._lasts_s)
        if self.lease is None:
            with self._store.read() as connection:
                held = read_lease(connection)
            return Round(holder=held.holder if held else "")
        looks, problems = [], []
        for pointer in self._releases.under_way():
            if place in ("", pointer.ref):
                try:
                    looks.append(self.watch_one(pointer, self.lease))
                except LlmopsError as error:
                    problems.append(f"{pointer.ref}: {error}")
        return Round(looks=tuple(looks), problems=tuple(problems))

    def watch_one(self, pointer: Pointer, lease: Lease) -> RolloutLook:
        """Look at one rollout and act; what was done, or why not, stands in ``outcome``."""
        with self._store.read() as connection:
            look = look_at(connection, pointer, utc_now())
            last = last_look(connection, pointer.rollout_id)
        if look.decision == "hold":
            self._keep(look, last, lease)
            return look
        try:
            self._act(pointer, replace(look, outcome=DONE), lease)
        except ReleaseError as error:  # changed meanwhile, frozen, or the lease is lost
            failed = replace(look, outcome=f"not done: {error}")
            self._keep(failed, last, lease)
            return failed
        return replace(look, outcome=DONE)

    def _keep(self, look: RolloutLook, last: RolloutLook | None, lease: Lease) -> None:
        """Store a look that changes nothing, where it says something new and one still watches."""
        if last is not None and look.outcome and look.outcome == last.outcome:
            return
        if is_worth_keeping(look, last):
            with self._store.write(lock=f"lease:{lease.name}") as connection:
                held = read_lease(connection, lease.name)
                if held is not None and held.token == lease.token:
                    add_look(connection, look)

    def _act(self, pointer: Pointer, look: RolloutLook, lease: Lease) -> None:
        def check(connection: Connection) -> None:
            check_lease(connection, lease)
            add_look(connection, look)

        about = (pointer.rollout_id, pointer.generation)
        reason, evidence = look.reason, (digest(look),)
        if look.decision == "advance":
            share = (pointer.plan or RolloutPlan()).share_at(pointer.step + 1)
            self._releases.step(
                *about, share, by=self._by, reason=reason, evidence=evidence, check=check
            )
        elif look.decision == "complete":
            self._releases.complete(
                *about, by=self._by, reason=reason, evidence=evidence, check=check
            )
        else:
            self._releases.rollback_rollout(
                *about,
                by=self._by,
                reason=f"{look.decision}: {reason}" if look.decision == "kill" else reason,
                evidence=evidence,
                check=check,
            )
