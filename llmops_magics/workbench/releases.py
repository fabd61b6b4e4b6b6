"""What each environment serves, and changing it: ``workspace.releases``.

Every change is one row, its audit event and the move of the environment's label, in one
transaction. A promotion needs what the environment's policy asks for; a rollback is never gated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import (
    PromptReferenceError,
    ReleaseConflictError,
    ReleaseError,
    UsageError,
)
from llmops_magics.guard.access.resource import Resource
from llmops_magics.prompts.labelling import keepable
from llmops_magics.prompts.serving import pointer as pointers
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.environment import freeze, naming, promotion, stepping
from llmops_magics.release.environment import rollback as reverting
from llmops_magics.release.environment.planning import plan_of
from llmops_magics.release.environment.record import (
    Environments,
    EnvironmentState,
    ReleaseHistory,
    ReleaseStatus,
    ServedPrompt,
)
from llmops_magics.release.environment.state import Check, Move
from llmops_magics.storage.query import reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.serving.pointer import Pointer
    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.approval.record import Readiness
    from llmops_magics.release.environment.naming import Place
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.approvals import Approvals

MAX_TRIES: Final = 8
Act = Callable[["Connection", Move], "Pointer"]


class Releases:
    """The environments of a workspace.

    For a controller: ``step``, ``complete`` and ``rollback_rollout`` take the rollout, the
    generation that the decision was made on, who decided, and a ``check`` that runs first in the
    transaction of the change and raises ``ReleaseConflictError`` where its lease is lost. They
    raise ``ReleaseConflictError`` where the generation is another by now: nothing was written.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        prompts: Callable[[], PromptRegistry],
        access: Callable[[], Access],
        approvals: Callable[[], Approvals],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._prompts = prompts
        self._access = access
        self._approvals = approvals

    def pointer(self, name: str) -> Pointer | None:
        """Return what ``prompt@environment`` serves, None while it serves none of it."""
        place = naming.read_place(self._settings(), name)
        with self._store().glance() as reader:
            return pointers.read_pointer(reader, place.environment, place.prompt)

    def under_way(self) -> tuple[Pointer, ...]:
        """Return every rollout that is under way: rolling, paused or in the shadow."""
        with self._store().glance() as reader:
            return tuple(each for each in pointers.read_pointers(reader) if each.is_under_way)

    def promote(
        self, ref: str, to: str, *, reason: str = "", break_glass: bool = False, **plan: Any
    ) -> ReleaseStatus:
        """Serve a version in an environment, in steps where the plan has some.

        ``plan`` is that of ``planning.plan_of``: canary (shares in percent), hold, guards, kill,
        holdback, rules, shadow, scorers; what it leaves out is as the settings have it. With
        ``break_glass`` what is missing is signed for as an emergency, for a ``reason``.

        Raises ``EvidenceError`` with all that is missing of what the environment's policy asks
        for, ``ReleaseError`` in a freeze and while a rollout is under way.
        """
        settings = self._settings()
        made = plan_of(naming.check_environment(settings, to).rollout, **plan)
        reason = keepable(reason)
        if break_glass and not reason:
            raise UsageError("the glass is broken for a reason only.", hint="Say --reason WHY.")
        self._permit(to)
        for _ in range(MAX_TRIES):
            ready, move, labelled = self._ready(ref, to, reason, break_glass=break_glass)
            try:
                with self._store().write(lock=f"prompt {move.prompt}") as connection:
                    self._approvals().check_still(connection, ready)
                    after = promotion.promote(
                        connection, move, ready.bundle, made, labelled=labelled
                    )
            except ReleaseConflictError:  # decide anew, on what is there now
                continue
            return self._told(after, after.generation != move.expected, _notes(after, made.steps))
        raise ReleaseConflictError(
            f"{ref} was not promoted: {to} was changed again and again meanwhile.",
            hint="Try again.",
        )

    def pause(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """Keep the candidate's share as it is; ``name`` is ``prompt@environment``."""
        return self._change(name, reason, stepping.pause)

    def resume(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """Go on with a paused rollout: everybody keeps what they had."""
        return self._change(name, reason, stepping.resume)

    def abort(self, name: str, *, reason: str = "") -> ReleaseStatus:
        """End a rollout without its candidate; ``name`` is ``prompt@environment``."""
        return self._change(name, reason, stepping.abort)

    def rollback(self, name: str, *, to: int | str = 0, reason: str = "") -> ReleaseStatus:
        """Go back: while a rollout is under way to the stable version, else to the one before.

        ``to`` is the number of a version that the environment served before.
        """
        number = _number(to)
        return self._change(name, reason, lambda c, move: reverting.rollback(c, move, to=number))

    def step(
        self, rollout_id: str, generation: int, share: float, *, by: str, reason: str,
        evidence: Sequence[str] = (), check: Check | None = None,
    ) -> Pointer:  # fmt: skip
        """Give the candidate a greater share (0 to 1)."""
        return self._decided(
            lambda connection, move: stepping.step(connection, move, share),
            rollout_id, generation, by=by, reason=reason, evidence=evidence, check=check,
        )  # fmt: skip

    def complete(
        self, rollout_id: str, generation: int, *, by: str, reason: str,
        evidence: Sequence[str] = (), check: Check | None = None,
    ) -> Pointer:  # fmt: skip
        """Make the candidate what everybody gets, but for the holdback; the label moves."""
        return self._decided(
            stepping.complete,
            rollout_id, generation, by=by, reason=reason, evidence=evidence, check=check,
        )  # fmt: skip

    def rollback_rollout(
        self, rollout_id: str, generation: int, *, by: str, reason: str,
        evidence: Sequence[str] = (), check: Check | None = None,
    ) -> Pointer:  # fmt: skip
        """Take the candidate back: everybody gets the stable version. Works in a freeze."""
        return self._decided(
            lambda connection, move: stepping.abort(connection, move, action="rollback"),
            rollout_id, generation, by=by, reason=reason, evidence=evidence, check=check,
        )  # fmt: skip

    def status(self, name: str = "") -> ReleaseStatus:
        """Return what ``prompt@environment``, an environment or (no name) everything serves."""
        place = naming.read_place(self._settings(), name) if "@" in name else None
        environment = place.environment if place else name
        if environment:
            naming.check_environment(self._settings(), environment)
        with self._store().glance() as reader:
            if place is not None:
                one = pointers.read_pointer(reader, place.environment, place.prompt)
                found = [one] if one else []
            else:
                found = pointers.read_pointers(reader)
            names = [environment] if environment else list(naming.known(self._settings()))
            freezes = [freeze.freeze_of(reader, each) for each in names]
        return ReleaseStatus(
            served=tuple(ServedPrompt.of(p) for p in found if environment in ("", p.environment)),
            freezes=tuple(each for each in freezes if each),
            asked=name,
            looked_at=format_time(utc_now()),
        )

    def history(self, name: str, *, limit: int = 50) -> ReleaseHistory:
        """Return the changes of ``prompt@environment``, the newest first."""
        place = naming.read_place(self._settings(), name)
        with self._store().glance() as reader:
            found = pointers.read_history(reader, place.environment, place.prompt, max(limit, 1))
        return ReleaseHistory(
            environment=place.environment,
            prompt=place.prompt,
            changes=tuple(map(ServedPrompt.of, found)),
            total=found[0].generation if found else 0,
        )

    def freeze(self, environment: str, *, until: str = "", reason: str = "") -> Environments:
        """Let nothing but rollbacks, aborts and pauses change an environment.

        ``until`` is how long from now, such as ``2d``, or a moment; left out it has no end.
        """
        return self._freeze(environment, True, _moment(until), reason)

    def unfreeze(self, environment: str, *, reason: str = "") -> Environments:
        """Let releases go on."""
        return self._freeze(environment, False, "", reason)

    def environments(self) -> Environments:
        """Return the environments with their policies, in the order of promotion."""
        known = naming.known(self._settings())
        with self._store().glance() as reader:
            served = pointers.read_pointers(reader)
            freezes = {name: freeze.freeze_of(reader, name) for name in known}
        return Environments(
            environments=tuple(
                EnvironmentState(
                    name=name,
                    after=each.after,
                    label=each.label or name,
                    **{
                        part: getattr(each, part).model_dump(mode="json")
                        for part in ("low", "high", "rollout")
                    },
                    prompts=sum(p.environment == name for p in served),
                    under_way=sum(p.environment == name and p.is_under_way for p in served),
                    freeze=freezes[name],
                )
                for name, each in known.items()
            )
        )

    def serves(self, prompt: str, label: str) -> str:
        """Return the environment that moves a label of a prompt, "" while none has a state."""
        with self._store().glance() as reader:
            found = pointers.read_served(reader, prompt, label)
        return found.environment if found else ""

    def _permit(self, environment: str) -> None:
        self._access().require(None, "release", Resource(kind="environment", name=environment))

    def _ready(
        self, ref: str, to: str, reason: str, *, break_glass: bool
    ) -> tuple[Readiness, Move, ReleaseBundle | None]:
        """Return the evidence, and the change that is decided on it and on what is served now."""
        prompt = self._prompts().get(ref).name
        label = naming.label_of(self._settings(), to)
        with self._store().glance() as reader:
            now = pointers.read_pointer(reader, to, prompt)
        labelled = self._labelled(prompt, label) if now is None else None
        ready = self._approvals().require(ref, to, break_glass=reason if break_glass else "")
        move = Move(
            environment=to,
            prompt=prompt,
            label=label,
            actor=self._actor(),
            reason=reason,
            evidence=ready.evidence,
            expected=now.generation if now else 0,
        )
        return ready, move, labelled

    def _labelled(self, prompt: str, label: str) -> ReleaseBundle | None:
        """Return the bundle of what a label points to, None where it is nowhere."""
        try:
            version = self._prompts().get(f"{prompt}@{label}")
        except PromptReferenceError:
            return None
        return self._approvals().bundle(version.ref)

    def _change(self, name: str, reason: str, act: Act) -> ReleaseStatus:
        """Make a change that is right whatever happened meanwhile."""
        place = naming.read_place(self._settings(), name)
        self._permit(place.environment)
        move = self._move(place, self._actor(), keepable(reason))
        with self._store().write(lock=f"prompt {place.prompt}") as connection:
            before = pointers.read_pointer(reader_of(connection), place.environment, place.prompt)
            after = act(connection, move)
        return self._told(after, before is None or after.generation != before.generation)

    def _decided(
        self, act: Act, rollout_id: str, generation: int, *, by: str, reason: str,
        evidence: Sequence[str], check: Check | None,
    ) -> Pointer:  # fmt: skip
        """Make a change that was decided on one generation of a rollout."""
        with self._store().glance() as reader:
            now = pointers.read_rollout(reader, rollout_id)
        if now is None:
            raise ReleaseError(f"there is no rollout {rollout_id[:80]!r}.", hint="See status.")
        self._permit(now.environment)
        move = replace(
            self._move(naming.Place(now.prompt, now.environment), by, keepable(reason)),
            evidence=tuple(evidence),
            expected=generation,
            check=check,
        )
        with self._store().write(lock=f"prompt {now.prompt}") as connection:
            return act(connection, move)

    def _move(self, place: Place, actor: str, reason: str) -> Move:
        return Move(
            environment=place.environment,
            prompt=place.prompt,
            label=naming.label_of(self._settings(), place.environment),
            actor=actor,
            reason=reason,
        )

    def _told(self, after: Pointer, changed: bool, notes: Sequence[str] = ()) -> ReleaseStatus:
        with self._store().glance() as reader:
            frozen = freeze.freeze_of(reader, after.environment)
        return ReleaseStatus(
            served=(ServedPrompt.of(after),),
            freezes=(frozen,) if frozen else (),
            asked=after.ref,
            changed=changed,
            notes=tuple(notes),
            looked_at=format_time(utc_now()),
        )

    def _freeze(self, environment: str, frozen: bool, until: str, reason: str) -> Environments:
        naming.check_environment(self._settings(), environment)
        self._permit(environment)
        with self._store().write(lock=f"environment {environment}") as connection:
            freeze.set_freeze(
                connection,
                environment,
                frozen=frozen,
                actor=self._actor(),
                until=until,
                reason=keepable(reason),
            )
        return self.environments()


def _notes(after: Pointer, steps: Sequence[float]) -> list[str]:
    if steps and not after.is_under_way and after.generation == 1:
        return ["It is the first version there, with nothing to hold it against: served at once."]
    return []


def _number(to: int | str) -> int:
    text = str(to or 0).removeprefix("@")
    if not text.isdigit():
        raise UsageError(f"{text[:80]!r} is no number of a version.", hint="Write --to 7.")
    return int(text)


def _moment(until: str) -> str:
    """Read ``2d`` as from now, or a moment in UTC; raises ``UsageError``."""
    from llmops_magics.config.release import parse_duration

    if not until:
        return ""
    now = utc_now()
    try:
        found = now + parse_duration(until)
    except (ValueError, OverflowError):
        found = _read_moment(until)
    if found <= now:
        raise UsageError(f"{until} is past.", hint="Give a moment to come, or 12h, 2d.")
    return format_time(found)


def _read_moment(until: str) -> datetime:
    try:
        found = datetime.fromisoformat(until)
    except ValueError as error:
        raise UsageError(
            f"{until[:60]!r} is no end of a freeze.", hint="Write 12h, 2d or 2026-12-01T09:00."
        ) from error
    return found.replace(tzinfo=found.tzinfo or UTC)
