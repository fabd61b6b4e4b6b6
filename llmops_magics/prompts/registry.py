"""Prompt versions in the store: registered once, found by reference, never changed.

``register`` makes a version if, and only if, the content differs from the newest. It decides and
writes in one transaction, so processes that register at once leave no gap and no duplicate, and
each is told the truth about who made the version. Every change is audited in its transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from llmops_magics.errors import PromptError
from llmops_magics.prompts import archiving, labelling, resolution
from llmops_magics.prompts.catalogue import read_list
from llmops_magics.prompts.diff import diff
from llmops_magics.prompts.graph import read_dependents
from llmops_magics.prompts.guard import Guard, judge, no_guard
from llmops_magics.prompts.label import check_unprotected, labels_of
from llmops_magics.prompts.loading import VersionCache, dress, load_all
from llmops_magics.prompts.log import read_log
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.permission import Permission, Unasked, ask, changing
from llmops_magics.prompts.reference import Reference, check_label, check_name, parse_reference
from llmops_magics.prompts.registration import (
    Draft,
    DraftOptions,
    RegisterOptions,
    make_draft,
    newest_digest,
    write_draft,
)
from llmops_magics.prompts.search import search
from llmops_magics.prompts.shelving import put_away
from llmops_magics.prompts.snapshot import read_snapshot
from llmops_magics.prompts.tag import all_tags_of, tags_of
from llmops_magics.prompts.version import PromptDiff, PromptVersion

if TYPE_CHECKING:
    from llmops_magics.prompts import listing
    from llmops_magics.prompts.binding import References
    from llmops_magics.prompts.history import LabelMove, PromptLog, PromptSnapshot
    from llmops_magics.storage.artifact import Artifacts
    from llmops_magics.storage.query import Reader
    from llmops_magics.storage.store import Store


class PromptRegistry:
    """The prompts of one store.

    ``actor`` says who acts, as the audit trail shall name them. ``references`` finds what prompts
    refer to (default: prompts of this store; no datasets and no images). ``guard`` is asked before
    a version that names tests gets a label; with none, such a version gets it by force only.
    ``permission`` is asked before every change (default: nobody is refused).
    """

    def __init__(
        self,
        store: Store,
        *,
        actor: Callable[[], str],
        references: References | None = None,
        guard: Guard | None = None,
        permission: Permission | None = None,
    ) -> None:
        self._store = store
        self._actor = actor
        self._references = references or Lookup(version=self.get)
        self._guard = guard or no_guard
        self._permission = permission or Unasked()
        self._versions = VersionCache()

    @property
    def artifacts(self) -> Artifacts:
        """Where images that templates name are kept."""
        return self._store.artifacts

    def with_images(self, image: Callable[[str], str]) -> PromptRegistry:
        """Return the same registry, which stores the images that a text names by ``image``."""
        references = self._references
        return PromptRegistry(
            self._store,
            actor=self._actor,
            guard=self._guard,
            permission=self._permission,
            references=Lookup(version=self.get, cases=references.cases, image=image),
        )

    def register(self, name: str, source: str, **options: Unpack[RegisterOptions]) -> PromptVersion:
        """Register a prompt's text and return its version, ``is_new`` if this call made it.

        ``options`` are those of ``RegisterOptions``; ``tags`` are also added to a version that is
        there already. ``diff`` is set against the version before.

        Raises ``PromptSyntaxError`` for a text that does not parse, ``PromptReferenceError`` for
        one that refers to what is not there and ``PromptError`` for one that holds a secret.
        """
        draft = self._draft(name, source, **options)
        with changing(self._store, name, self._permission) as connection:
            outcome = write_draft(connection, draft, self._actor(), self._permission)
        is_new = outcome.made is not None
        with self._store.glance() as reader:
            if outcome.made is not None:
                self._versions.keep(outcome.made, reader.origin)
            version = self._resolve(reader, Reference(name=name, number=outcome.number))
            change = self._diff_to(reader, version)
        said = "new version" if is_new else "unchanged"
        return dataclasses.replace(version, diff=change, is_new=is_new, outcome=said)

    def preview(self, name: str, source: str, **options: Unpack[RegisterOptions]) -> PromptVersion:
        """Return what ``register`` would make of a text; nothing is written.

        ``number`` is the one it would have, and ``diff`` is against the newest version: one with
        no changes means that the text would make no version.
        """
        draft = self._draft(name, source, **options)
        with self._store.glance() as reader:
            archiving.refuse_archived(reader, name)
            number, digest = newest_digest(reader, name)
            before = self._load(reader, name, number) if number else None
            is_same = digest == draft.content.digest
            there = tags_of(reader, name, number) if is_same else {}
        version = draft.as_version(number if is_same else number + 1)
        return dataclasses.replace(
            version,
            tags=there | draft.tags_to_add(there),
            diff=diff(before, version),
            outcome="would be unchanged" if is_same else "would be new",
        )

    def get(self, reference: str, *, with_diff: bool = False) -> PromptVersion:
        """Return the version that a reference means now; raises ``PromptReferenceError``.

        With ``with_diff`` it carries what changed against the version before it.
        """
        parsed = parse_reference(reference)
        with self._store.glance() as reader:
            version = self._resolve(reader, parsed)
            if not with_diff:
                return version
            change = self._diff_to(reader, version)
        return dataclasses.replace(version, diff=change)

    def diff(self, before: str, after: str) -> PromptDiff:
        """Return what changed from one reference to another, of one prompt or of two."""
        references = parse_reference(before), parse_reference(after)
        with self._store.glance() as reader:
            old, new = (self._resolve(reader, reference) for reference in references)
        return diff(old, new)

    def names(self) -> Sequence[str]:
        """Return the names of the prompts that are not archived, sorted."""
        with self._store.glance() as reader:
            return resolution.names_of(reader)

    def list(self, *, archived: bool = False) -> listing.PromptList:
        """Return every prompt by name, archived ones too where ``archived`` says so."""
        with self._store.glance() as reader:
            return read_list(reader, archived=archived)

    def versions(self, name: str) -> tuple[PromptVersion, ...]:
        """Return every version of a prompt, the oldest first."""
        with self._store.glance() as reader:
            resolution.require(reader, check_name(name))
            labels, tags = labels_of(reader, name), all_tags_of(reader, name)
            found = load_all(reader, name)
        return tuple(dress(version, labels, tags.get(version.number, {})) for version in found)

    def log(self, name: str, *, limit: int = 0) -> PromptLog:
        """Return the history of a prompt, the newest first; ``limit`` 0 means all of it."""
        with self._store.glance() as reader:
            newest = resolution.require(reader, check_name(name))
            return read_log(reader, name, newest=newest, limit=max(limit, 0))

    def snapshot(self, name: str, at: datetime) -> PromptSnapshot:
        """Return what the newest version and every label were at a moment."""
        with self._store.glance() as reader:
            newest = resolution.require(reader, check_name(name))
            return read_snapshot(reader, name, at, newest=newest)

    def search(self, text: str, *, all_versions: bool = False) -> listing.PromptSearch:
        """Return where a text occurs, in the newest and labelled versions or in all."""
        with self._store.glance() as reader:
            return search(reader, text, all_versions=all_versions)

    def dependents(self, name: str) -> listing.PromptDependents:
        """Return the newest and labelled versions of others that include this prompt."""
        with self._store.glance() as reader:
            newest = resolution.require(reader, check_name(name))
            return read_dependents(reader, name, newest=newest)

    def label(
        self,
        reference: str,
        label: str,
        *,
        force: bool = False,
        reason: str = "",
        with_diff: bool = False,
        guard: Guard | None = None,
    ) -> LabelMove:
        """Point an unprotected label to a version; nothing is written if it is there already.

        A version whose tests do not pass is refused with a ``PromptError``, unless ``force`` says
        otherwise, for a ``reason`` that the audit trail keeps. ``guard`` is asked instead of the
        registry's own.
        """
        check_unprotected(check_label(label))
        reason = labelling.keepable(reason)
        if force and not reason:
            raise PromptError("A label is forced for a reason only.", hint="Say --reason WHY.")
        version = self.get(reference)
        with self._store.glance() as reader:
            archiving.refuse_archived(reader, version.name)
            move = labelling.unchanged(reader, version.name, label, version.number)
        if move is None:
            ask(self._permission, "label_prompt", version.name, label=label, author=version.author)
            # Its tests take time: no lock is held yet.
            refusal = judge(guard or self._guard, version, label, force=force)
            with self._store.write(lock=f"prompt {version.name}") as connection:
                move = labelling.point(
                    connection,
                    name=version.name,
                    label=label,
                    number=version.number,
                    actor=self._actor(),
                    reason=reason,
                    refusal=refusal,
                )
        return self._with_diff(move) if with_diff else move

    def rollback(
        self,
        name: str,
        label: str,
        *,
        to: str = "",
        forward: bool = False,
        reason: str = "",
        with_diff: bool = False,
    ) -> LabelMove:
        """Take a label back one step, or to a version it pointed to before; or ``forward`` again.

        Protected labels too: what they pointed to has passed its gate. ``to`` is a number, a
        digest, another label or a whole reference.
        """
        check_name(name), check_label(label)
        reason = labelling.keepable(reason)
        if to and forward:
            raise PromptError(
                "A forward takes one step: it takes no version to go to.",
                hint="Repeat it, or move the label.",
            )
        ask(self._permission, "label_prompt", name, label=label)
        with self._store.write(lock=f"prompt {name}") as connection:
            move = labelling.roll(
                connection,
                name=name,
                label=label,
                actor=self._actor(),
                to=to,
                is_forward=forward,
                reason=reason,
            )
        return self._with_diff(move) if with_diff else move

    def archive(
        self, name: str, *, restore: bool = False, reason: str = ""
    ) -> listing.PromptArchive:
        """Put a prompt away, or take it out again; refused while a protected label is on it."""
        reason = labelling.keepable(reason)
        ask(self._permission, "edit_prompt", check_name(name))
        with self._store.write(lock=f"prompt {name}") as connection:
            return put_away(connection, name, restore=restore, actor=self._actor(), reason=reason)

    def _draft(
        self, name: str, source: str, *, start: str = "", **options: Unpack[DraftOptions]
    ) -> Draft:
        origin = self.get(start) if start else None
        return make_draft(check_name(name), source, self._references, start=origin, **options)

    def _resolve(self, reader: Reader, reference: Reference) -> PromptVersion:
        labels = labels_of(reader, reference.name)
        number = resolution.find(reader, reference, labels)
        version = self._load(reader, reference.name, number)
        return dress(version, labels, tags_of(reader, reference.name, number))

    def _load(self, reader: Reader, name: str, number: int) -> PromptVersion:
        version = self._versions.load(reader, name, number)
        if version is None:
            raise resolution.no_version(reader, name, number)
        return version

    def _diff_to(self, reader: Reader, version: PromptVersion) -> PromptDiff:
        number = version.number - 1
        before = self._load(reader, version.name, number) if number else None
        return diff(before, version)

    def _with_diff(self, move: LabelMove) -> LabelMove:
        if move.before is None:
            return move
        change = self.diff(f"{move.name}@{move.before}", f"{move.name}@{move.after}")
        return dataclasses.replace(move, diff=change)
