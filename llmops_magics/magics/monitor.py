"""``%llm_monitor``, and the banner below a cell when a monitor begins to alert."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display

from llmops_magics.errors import LlmopsError
from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic
from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from llmops_magics.workspace import Workspace

OPERATIONS = OperationMagic(
    "llm_monitor", "llmops_magics.command.monitor", first_steps=("add", "check", "show")
)


@magics_class
class MonitorMagics(Magics):
    """The magic of monitors."""

    @readable
    @line_magic
    def llm_monitor(self, line: str) -> Any:
        """Watch rules over the stored calls; see the help below."""
        return OPERATIONS.run(line, self.shell.user_ns)


MonitorMagics.llm_monitor.__doc__ = OPERATIONS.help()


class MonitorWatch:
    """Looks at the monitors after cells; ``start`` and ``stop`` (un)register it.

    Only where this process has recorded a span: a notebook that calls no model opens no store. A
    gate shows nothing that is not of the gate.
    """

    def __init__(self, shell: Any, find: Callable[[], Workspace]) -> None:
        self._shell = shell
        self._find = find
        self._has_warned = False

    def start(self) -> None:
        """Look after every cell from now on."""
        self._shell.events.register("post_run_cell", self.look)

    def stop(self) -> None:
        """Look no more."""
        self._shell.events.unregister("post_run_cell", self.look)

    def look(self, _result: Any = None) -> None:
        """Show a banner for monitors that began to alert; a store in trouble is said once."""
        if in_gate():
            return
        try:
            workspace = self._find()
            banner = workspace.monitors.after_cell() if workspace.has_recorded else None
        except (LlmopsError, OSError) as error:
            if not self._has_warned:
                warnings.warn(
                    f"the monitors were not checked: {error}", RuntimeWarning, stacklevel=2
                )
            self._has_warned = True
            return
        if banner is not None:
            import llmops_magics.views  # noqa: F401  (so that the banner can be shown)

            display(banner)
