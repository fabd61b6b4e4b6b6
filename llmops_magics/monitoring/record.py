"""What is told of monitors: each one, its states, what a check found, and who was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

OK = "ok"
ALERT = "alert"
NO_DATA = "no data"
STATES = (OK, ALERT, NO_DATA)
ALERT_EXIT, NO_DATA_EXIT = 1, 3  # as a gate that fails, and one that is inconclusive


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a monitor's rule found in a window.

    ``value`` is in the unit of the rule's metric; None where nothing was measured. ``calls`` are
    those it was measured on. ``is_lower_bound`` says that prices are missing in a sum of money.
    """

    state: str
    value: float | None
    calls: int
    reason: str
    since: str
    until: str
    is_lower_bound: bool = False


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A change of a monitor's state; ``before`` is empty for its first state."""

    id: int
    monitor: str
    rule: str
    before: str
    state: str
    observation: Observation
    actor: str
    at: str

    @property
    def is_told(self) -> bool:
        """Whether somebody is told of it: not of a first state that is no alert."""
        return bool(self.before) or self.state == ALERT


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """A monitor as it stands. ``state`` is empty while it was never checked.

    ``ways`` says how this user is told on this machine; it is not part of what is stored.
    """

    id: int
    name: str
    rule: str
    min_calls: int
    actor: str
    at: str
    state: str = ""
    state_since: str = ""
    observation: Observation | None = None
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One attempt to tell of a change: by which way, and what went wrong, if anything."""

    monitor: str
    state: str
    way: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class MonitorList(Record):
    """The monitors of a workspace, by name."""

    kind: ClassVar[str] = "monitor-list"

    monitors: tuple[Monitor, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a monitor."""
        import pandas as pd

        columns = ("name", "rule", "state", "state_since", "min_calls", "actor", "at")
        rows = [{name: getattr(m, name) for name in columns} for m in self.monitors]
        return pd.DataFrame(rows, columns=list(columns))


@dataclass(frozen=True, kw_only=True)
class MonitorView(Record):
    """One monitor, what it would say now, and its changes of state, the newest first."""

    kind: ClassVar[str] = "monitor-view"

    monitor: Monitor
    now: Observation
    changes: tuple[StateChange, ...]
    total_changes: int


@dataclass(frozen=True, kw_only=True)
class MonitorEdit(Record):
    """That a monitor was added or removed; ``changed`` is False where it was so already."""

    kind: ClassVar[str] = "monitor-edit"

    action: str  # added or removed
    name: str
    rule: str
    min_calls: int
    actor: str
    at: str
    changed: bool = True
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MonitorCheck(Record):
    """What a check found of each monitor, which states changed, and who was told."""

    kind: ClassVar[str] = "monitor-check"

    at: str
    monitors: tuple[Monitor, ...]
    changes: tuple[StateChange, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all are ok, 1 with an alert, 3 where something has no data or none is there."""
        states = {monitor.state for monitor in self.monitors}
        if ALERT in states:
            return ALERT_EXIT
        return 0 if states == {OK} else NO_DATA_EXIT


@dataclass(frozen=True, kw_only=True)
class MonitorBanner(Record):
    """Monitors that began to alert: what a notebook shows under the cell."""

    kind: ClassVar[str] = "monitor-banner"

    changes: tuple[StateChange, ...]
