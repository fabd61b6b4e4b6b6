"""Prompts for production code: read from the store, remembered, and there when the store is not.

A prompt read within ``ttl_s`` is returned as it is. An older one is returned at once too, while
one background load looks where its label points now. One older than ``max_stale_s`` is read again
before it is returned, however long the process slept: a label that moved back is seen after at
most that time. References by number or digest never expire.

What an environment serves is known anew within about a second of its release, however long the time
to live: a thread asks the store for one number, and no request waits for that.

If the store does not answer, the last prompt read is returned, else that of the fallback file,
with one warning in the log for the whole outage. A reference that an answering store does not
know is an error at once. All of it is safe for threads, for forks and in coroutines.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from llmops_magics.config.location import find_root
from llmops_magics.errors import LlmopsError, PromptReferenceError, StoreError, UsageError
from llmops_magics.prompts.fallback import FallbackFile
from llmops_magics.prompts.flight import Flights
from llmops_magics.prompts.freshness import (
    ALWAYS,
    NEVER,
    RETRY_S,
    TTL_S,
    Entry,
    Failure,
    Lifetime,
    Outage,
    current_at,
    decide,
)
from llmops_magics.prompts.prompt import Prompt
from llmops_magics.prompts.reader import PromptReader
from llmops_magics.prompts.reference import parse_reference
from llmops_magics.prompts.serving.poll import Poll
from llmops_magics.storage.fork import renew_in_child

UNSEEN = -1
WAIT_S = 10.0  # a store that has not answered by then is away

_LOG = logging.getLogger(__name__)


class PromptClient:
    """Prompts of one store, remembered in this process.

    Without ``store_url`` it reads the store of the workspace at ``root`` (else of the current
    folder). Times are in seconds; ``max_stale_s`` is twice the time to live if not given.
    ``fallback`` is a JSON file that keeps what was read. ``wait_s`` is how long to wait for a
    store before it counts as away, ``poll_s`` how often it is asked whether anything was released
    (left out: as ``llmops.toml`` says), and ``clock`` says what time it is.
    """

    def __init__(
        self,
        store_url: str = "",
        *,
        artifacts: str = "",
        root: Path | None = None,
        ttl_s: float = TTL_S,
        max_stale_s: float | None = None,
        fallback: str | Path | None = None,
        wait_s: float = WAIT_S,
        poll_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._poll_s = poll_s
        self._seen = UNSEEN  # the newest change of any environment when this was last looked at
        self._poll = Poll(self, PromptClient._catch_up)
        self._reader = PromptReader(root or find_root(Path.cwd()), store_url, artifacts)
        self._life = Lifetime.of(ttl_s, max_stale_s)
        self._max_stale_s = max_stale_s
        self._fallback = Path(fallback) if fallback else None
        self._wait_s = wait_s
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._failures: dict[str, Failure] = {}
        self._paths: dict[str, Path] = {}
        self._watcher = self._reader.anew()  # of the polling thread
        self._flights = Flights(self._load)
        self._outage = Outage()
        self._is_closed = False
        renew_in_child(self)

    def get(
        self,
        reference: str,
        *,
        ttl_s: float | None = None,
        fallback: str | Path | None = None,
        key: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Prompt:
        """Return what a reference means, to whoever asks.

        Of a prompt that an environment serves in two versions, ``key`` (a user, a session) says
        which: the same one for the same key. ``attributes`` are what targeting rules look at.

        Raises ``PromptReferenceError`` if the store answers that there is none, and
        ``StoreError`` if it does not answer and nothing is remembered.
        """
        found = self._fresh(reference, ttl_s, fallback) or self._look(reference, ttl_s, fallback)
        if isinstance(found, Prompt):
            return found.for_key(key, attributes) if found.arms else found
        try:
            prompt = found.result(self._wait_s)
        except PromptReferenceError:
            raise
        except (LlmopsError, TimeoutError) as error:
            prompt = self._last_known(reference, self._failure(reference, error))
        return prompt.for_key(key, attributes)

    async def aget(
        self,
        reference: str,
        *,
        ttl_s: float | None = None,
        fallback: str | Path | None = None,
        key: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Prompt:
        """Return what ``get`` does, from the same memory; the event loop is never blocked."""
        found = self._fresh(reference, ttl_s, fallback) or self._look(reference, ttl_s, fallback)
        if isinstance(found, Prompt):
            return found.for_key(key, attributes)
        try:
            prompt = await asyncio.wait_for(asyncio.wrap_future(found), self._wait_s)
        except PromptReferenceError:
            raise
        except (LlmopsError, TimeoutError) as error:
            failure = self._failure(reference, error)
            prompt = await asyncio.to_thread(self._last_known, reference, failure)
        return prompt.for_key(key, attributes)

    def refresh(self, reference: str = "") -> None:
        """Read a reference again now, or all that can change; raises what went wrong.

        What the store held before this call is in what the next ``get`` returns.
        """
        self._refuse_closed()
        movable = [known for known, e in list(self._entries.items()) if e.current_at != ALWAYS]
        references = [reference] if reference else movable
        begun = [flight for known in references if (flight := self._flights.find(known))]
        wait(begun, self._wait_s)  # they may have read before this call
        for flight in [self._flights.start(known) for known in references]:
            flight.result(self._wait_s)

    def close(self) -> None:
        """Close the store; a closed client returns nothing more."""
        self._is_closed = True
        self._poll.stop()
        self._entries.clear()
        self._reader.close()
        self._watcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fresh(
        self, reference: str, ttl_s: float | None, fallback: str | Path | None
    ) -> Prompt | None:
        """Take the short way, for a prompt that is fresh: every request of a program comes by."""
        entry = self._entries.get(reference)
        if entry is None or (fallback is not None and entry.kept_in is None):
            return None
        if entry.is_polled and not self._poll.is_on:  # after a fork
            self._poll.start(self._period_s())
        ttl = self._life.ttl_s if ttl_s is None else ttl_s
        return entry.fresh if self._clock() - entry.current_at < ttl else None

    def _look(
        self, reference: str, ttl_s: float | None, fallback: str | Path | None
    ) -> Prompt | Future[Prompt]:
        """Return the prompt if one may be returned now, else the load to wait for."""
        self._refuse_closed()
        life = self._life_of(ttl_s)
        self._keep_in(reference, Path(fallback) if fallback else self._fallback)
        entry, failure = self._entries.get(reference), self._failures.get(reference)
        now = self._clock()
        if entry is None:
            parse_reference(reference)
            if failure is not None and now - failure.at < RETRY_S:
                return _refused(failure.error)
        decision = decide(entry, failure, now, life)
        if decision.prompt is not None and not decision.load:
            return decision.prompt
        flight = self._flights.start_if(
            reference,
            lambda: (
                self._entries.get(reference) is entry and self._failures.get(reference) is failure
            ),
        )
        return decision.prompt or flight or self._look(reference, ttl_s, fallback)

    def _life_of(self, ttl_s: float | None) -> Lifetime:
        if ttl_s is None:
            return self._life
        most = self._max_stale_s
        return Lifetime.of(ttl_s, None if most is None else max(most, ttl_s))

    def _keep_in(self, reference: str, path: Path | None) -> None:
        """Note the fallback file of a reference; what was read before has to get there too."""
        entry = self._entries.get(reference)
        if path is None or (entry is not None and entry.kept_in == path):
            return
        self._paths[reference] = path
        if entry is not None:
            self._entries[reference] = replace(entry, kept_in=path)
            self._flights.start(reference)

    def _load(self, reference: str) -> Prompt:
        """Read a reference and remember it; runs in the background thread."""
        self._refuse_closed()  # while this waited for its turn
        asked_at = self._clock()
        try:
            is_polled = self._begin_polling(reference)
            prompt = self._reader.read(reference)
        except PromptReferenceError:
            self._entries.pop(reference, None)  # the store answers that there is none
            self._answered(reference)
            raise
        except LlmopsError as error:
            self._failed(reference, error)
            raise
        except Exception:
            _LOG.exception("The prompt %s could not be read.", reference)
            raise
        finally:
            if self._is_closed:  # meanwhile, and this may have opened the store after that
                self._reader.close()
        path = self._paths.get(reference)
        at = current_at(reference, asked_at)
        self._remember(reference, Entry.of(prompt, at, path, is_polled=is_polled))
        self._answered(reference)
        if path is not None:
            self._keep(path, reference, prompt)
        return prompt

    def _begin_polling(self, reference: str) -> bool:
        """See to it that a release is seen; False for what no environment can move."""
        from llmops_magics.prompts.serving.resolution import labels_of

        label = parse_reference(reference).label
        if not label or label not in labels_of(self._reader.settings):
            return False
        if not self._poll.is_on:
            self._seen = self._reader.changed_at()  # before the prompt is read
            self._poll.start(self._period_s())
        return True

    def _period_s(self) -> float:
        if self._poll_s is not None:
            return self._poll_s
        return self._reader.settings.release.poll.total_seconds()

    def _catch_up(self) -> None:
        """Read all that environments serve anew where anything was released; in the polling thread.

        A store that does not answer is asked again the next time, and what is remembered is served.
        """
        try:
            now = self._watcher.changed_at()
            if now != self._seen:
                for reference in [known for known, e in list(self._entries.items()) if e.is_polled]:
                    with suppress(PromptReferenceError):  # which the next ``get`` raises
                        self.refresh(reference)
                self._seen = now
        except (LlmopsError, TimeoutError) as error:
            _LOG.debug("It is not known whether anything was released: %s", error)

    def _remember(self, reference: str, entry: Entry) -> None:
        if not self._is_closed:
            self._entries[reference] = entry

    def _keep(self, path: Path, reference: str, prompt: Prompt) -> None:
        try:
            FallbackFile(path).keep(reference, prompt)
        except OSError as error:
            _LOG.warning("The fallback file %s could not be written: %s.", path, error)

    def _last_known(self, reference: str, failure: Failure) -> Prompt:
        """Return what was read before, else what the fallback file holds, else raise."""
        self._refuse_closed()
        entry = self._entries.get(reference)
        if entry is None:
            entry = self._read_fallback(reference, failure)
            self._remember(reference, entry)
        return entry.stale

    def _read_fallback(self, reference: str, failure: Failure) -> Entry:
        path = self._paths.get(reference)
        if path is None:
            raise failure.error
        try:
            prompt = FallbackFile(path).read(
                reference,
                default_model=self._reader.settings.production_model,
                root=self._reader.root,
            )
        except StoreError as error:
            message = f"{failure.error.message} And {error.message}"
            raise StoreError(message, hint=failure.error.hint or error.hint) from failure.error
        return Entry.of(prompt, NEVER, path)

    def _failure(self, reference: str, error: LlmopsError | TimeoutError) -> Failure:
        """Return why a load failed; one that takes too long has failed as well."""
        if isinstance(error, LlmopsError):
            return self._failures.get(reference) or Failure(at=self._clock(), error=error)
        reason = f"the store did not answer within {self._wait_s:g} s."
        hint = "Check that its server or file system is up, and what holds a lock on it."
        return self._failed(reference, StoreError(reason, hint=hint))

    def _failed(self, reference: str, error: LlmopsError) -> Failure:
        """Note that the store is away, and say so in the log once."""
        failure = self._failures[reference] = Failure(at=self._clock(), error=error)
        if self._outage.begin():
            _LOG.warning("Prompts come from memory or the fallback file: %s", error)
        return failure

    def _answered(self, reference: str) -> None:
        self._failures.pop(reference, None)
        if self._outage.end():
            _LOG.info("The store of the prompts answers again.")

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise UsageError("this PromptClient is closed.", hint="Make a new one.")

    def renew(self) -> None:
        """Read on with a store of its own, in a forked child; what was read stays."""
        self._flights.reset()
        self._outage.reset()
        self._poll.reset()
        self._seen = UNSEEN
        self._watcher = self._watcher.anew()
        self._reader = self._reader.anew()  # what the parent opened, its store leaves open


def _refused(error: LlmopsError) -> Future[Prompt]:
    future: Future[Prompt] = Future()
    future.set_exception(error)
    return future
