"""What the calls add up to, and who is told when that is not well: ``workspace.monitors``.

Each method is what ``%llm_metrics``, ``%llm_monitor`` and their commands call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.config.location import default_store_url
from llmops_magics.errors import LlmopsError, UsageError
from llmops_magics.monitoring.aggregate import aggregate
from llmops_magics.monitoring.channel import parse_channel
from llmops_magics.monitoring.check import observe
from llmops_magics.monitoring.exposition import exposition
from llmops_magics.monitoring.notice import tell
from llmops_magics.monitoring.record import (
    ALERT,
    Monitor,
    MonitorBanner,
    MonitorCheck,
    MonitorEdit,
    MonitorList,
    MonitorView,
    Notice,
    StateChange,
)
from llmops_magics.monitoring.registry import MIN_CALLS, MonitorRegistry
from llmops_magics.monitoring.rule import MonitorRule, parse_rule
from llmops_magics.monitoring.subscription import Subscriptions
from llmops_magics.monitoring.window import Window, last, period_s
from llmops_magics.record import digest, format_time, utc_now

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.monitoring.channel import Channel
    from llmops_magics.monitoring.metrics import Metrics
    from llmops_magics.storage.store import Store

ALL = "all"
CHECK_EVERY_S = 30.0  # at most so often below a notebook's cells
WAIT_S = 0.3  # at most so long does a cell wait for it
SHOWN_CHANGES = 50


class Monitors:
    """The metrics and monitors of a workspace."""

    def __init__(
        self,
        store: Callable[[], Store],
        *,
        root: Path,
        settings: Settings,
        actor: Callable[[], str],
        flush_spans: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._root = root
        self._settings = settings
        self._actor = actor
        self._flush = flush_spans
        url = settings.store.url or default_store_url(root)
        self._told = Subscriptions(root, digest(url))  # a digest: an address may hold a password
        self._checked_s = float("-inf")
        self._checking: threading.Thread | None = None
        self._problem: LlmopsError | None = None
        self._seen = 0  # the newest change that was looked at for a banner

    def metrics(
        self,
        *,
        by: str = "model",
        since: str = "24h",
        where: Mapping[str, str] | None = None,
        is_plotted: bool = False,
    ) -> Metrics:
        """Add up the calls since ``24h``, ``7d``, … or ``all``, by a grouping; with plots or not.

        ``by`` is prompt, version, model, notebook, day, hour or purpose; ``where`` keeps calls by
        prompt, model or purpose. Raises ``UsageError`` for anything else.
        """
        self._flush()
        return aggregate(self._store(), _since(since), by=by, where=where, is_plotted=is_plotted)

    def prometheus(self) -> str:
        """Return all stored calls and the monitors' states as text for Prometheus."""
        self._flush()
        return exposition(self._store(), self._registry.list())

    def add(
        self,
        rule: str,
        *,
        name: str = "",
        notify: Sequence[str] = (),
        min_calls: int = MIN_CALLS,
    ) -> MonitorEdit:
        """Watch a rule; ``notify`` are ways that this user, on this machine, is told of changes.

        Adding the same rule again only sets the ways. Raises ``UsageError`` for a rule, name or
        way that cannot be meant.
        """
        parsed = parse_rule(rule)
        hosts = self._settings.monitor.plain_http_hosts
        ways = [parse_channel(text, hosts) for text in notify]
        channels = tuple(way for way in ways if way is not None)
        registry = self._registry
        edit = registry.add(name or _name(parsed), parsed, min_calls)
        if notify or edit.changed:
            self._told.set(edit.name, edit.rule, channels, registry.newest_change())
        return replace(edit, ways=self._ways(edit.name, edit.rule))

    def list(self) -> MonitorList:
        """Return the monitors, each in the state that it was last found in."""
        return MonitorList(monitors=tuple(map(self._with_ways, self._registry.list())))

    def show(self, name: str) -> MonitorView:
        """Return a monitor, what it would say now, and its changes; nothing is stored."""
        self._flush()
        monitor = self._with_ways(self._registry.get(name))
        changes, total = self._registry.changes(monitor, SHOWN_CHANGES)
        (now,) = observe(self._store(), [monitor])
        return MonitorView(monitor=monitor, now=now, changes=changes, total_changes=total)

    def remove(self, name: str) -> MonitorEdit:
        """Watch a rule no longer; its changes of state stay in the store."""
        edit = self._registry.remove(name)
        self._told.drop(name)
        return edit

    def check(self, name: str = "") -> MonitorCheck:
        """Measure every monitor, or one; store what changed, and tell who is to be told of it."""
        changes = self._measure(name)
        notices = self._tell(self._due())
        monitors = self._registry.list()
        return MonitorCheck(
            at=format_time(utc_now()),
            monitors=tuple(self._with_ways(m) for m in monitors if name in ("", m.name)),
            changes=changes,
            notices=notices,
        )

    def after_cell(self) -> MonitorBanner | None:
        """Return the monitors that began to alert and were not shown in this process yet.

        Measures at most every 30 seconds, in a thread that the cell waits for a moment only: what
        takes longer is shown below a later cell. In between it looks at what others found. Raises
        ``LlmopsError`` when the store is in trouble.
        """
        if time.monotonic() - self._checked_s >= CHECK_EVERY_S and not self._is_checking:
            self._checked_s = time.monotonic()
            if self._registry.list():
                self._checking = threading.Thread(target=self._check_aside, name="llmops-monitors")
                self._checking.start()
                self._checking.join(WAIT_S)
        if (problem := self._problem) is not None:
            self._problem = None
            raise problem
        latest = self._registry.latest_changes()
        fresh = tuple(c for c in latest if c.state == ALERT and c.id > self._seen)
        self._seen = max((self._seen, *(c.id for c in latest)))
        return MonitorBanner(changes=fresh) if fresh else None

    @property
    def _is_checking(self) -> bool:
        return self._checking is not None and self._checking.is_alive()

    def _check_aside(self) -> None:
        """Measure and tell; what goes wrong is for the thread that asked."""
        try:
            self._measure("")
            self._tell(self._due())
        except LlmopsError as error:
            self._problem = error

    @property
    def _registry(self) -> MonitorRegistry:
        return MonitorRegistry(self._store(), actor=self._actor)

    def _measure(self, name: str) -> tuple[StateChange, ...]:
        self._flush()
        registry = self._registry
        monitors = (registry.get(name),) if name else registry.list()
        found = zip(monitors, observe(self._store(), monitors), strict=True)
        return registry.record(tuple(found))

    def _due(self) -> Sequence[tuple[StateChange, Channel]]:
        return self._told.take(self._registry.latest_changes())

    def _tell(self, due: Sequence[tuple[StateChange, Channel]]) -> tuple[Notice, ...]:
        """Tell, and put into the trail whom and with what success."""
        hosts = self._settings.monitor.plain_http_hosts
        notices = tell(due, workspace=self._root.name, plain_hosts=hosts)
        for notice in notices:
            body = {"state": notice.state, "way": notice.way, "problem": notice.problem}
            self._registry.note(f"monitor/{notice.monitor}", "monitor.notice", body)
        return notices

    def _with_ways(self, monitor: Monitor) -> Monitor:
        return replace(monitor, ways=self._ways(monitor.name, monitor.rule))

    def _ways(self, name: str, rule: str) -> tuple[str, ...]:
        try:
            return tuple(channel.label for channel in self._told.of(name, rule))
        except LlmopsError as error:  # a list is shown all the same
            return (f"unknown: {error}",)


def _since(text: str) -> Window:
    if text.strip() == ALL:
        return Window(start_ns=0, end_ns=time.time_ns())
    try:
        return last(period_s(text))
    except UsageError as error:
        raise UsageError(error.message, hint=f"{error.hint[:-1]}, or {ALL}.") from None


def _name(rule: MonitorRule) -> str:
    """Name a monitor by what it measures: ``p95-latency_ms``, ``error_rate-support/answer``."""
    parts = (rule.statistic, rule.subject, *(value for _, value in rule.where))
    words = "-".join(part for part in parts if part).lower()
    allowed = "".join(c if c.isascii() and (c.isalnum() or c in "._/-") else "-" for c in words)
    return allowed.strip("._/-")[:100]
