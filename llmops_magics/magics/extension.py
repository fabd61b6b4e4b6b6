"""What ``%load_ext llmops_magics`` registers, and ``%unload_ext`` takes away again."""

from __future__ import annotations

from typing import Any

import llmops_magics.views
import llmops_magics.widgets  # noqa: F401  (records, however they were made, show themselves)
from llmops_magics.errors import ConfigError
from llmops_magics.magics.approval import ApprovalMagics
from llmops_magics.magics.asking import KernelAsker
from llmops_magics.magics.audit import AuditMagics
from llmops_magics.magics.budget import BudgetMagics
from llmops_magics.magics.cache import CacheMagics
from llmops_magics.magics.calibrate import CalibrateMagics
from llmops_magics.magics.cell import CellTracer
from llmops_magics.magics.completion import complete_magic
from llmops_magics.magics.corpus import CorpusMagics
from llmops_magics.magics.cost import CostMagics
from llmops_magics.magics.dataset import DatasetMagics
from llmops_magics.magics.dossier import DossierMagics
from llmops_magics.magics.evaluation import EvalMagics
from llmops_magics.magics.gate import GateMagics
from llmops_magics.magics.guard import GuardMagics
from llmops_magics.magics.index import IndexMagics
from llmops_magics.magics.metrics import MetricsMagics
from llmops_magics.magics.monitor import MonitorMagics, MonitorWatch
from llmops_magics.magics.power import PowerMagics
from llmops_magics.magics.prompt import PromptMagics
from llmops_magics.magics.redteam import RedteamMagics
from llmops_magics.magics.release import ReleaseMagics
from llmops_magics.magics.relevance import RelevanceMagics
from llmops_magics.magics.retrieval import RetrievalMagics
from llmops_magics.magics.review import ReviewMagics
from llmops_magics.magics.rightsize import RightSizeMagics
from llmops_magics.magics.router import RouterMagics
from llmops_magics.magics.runs import RunsMagics
from llmops_magics.magics.trace import TraceMagics
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.tracing.pipeline import Tracing
from llmops_magics.tracing.trace import Trace
from llmops_magics.workspace import current_workspace, opened_workspaces

MAGICS = (
    PromptMagics,
    EvalMagics,
    RedteamMagics,
    DatasetMagics,
    CorpusMagics,
    IndexMagics,
    PowerMagics,
    ReviewMagics,
    CalibrateMagics,
    RunsMagics,
    TraceMagics,
    MetricsMagics,
    MonitorMagics,
    RouterMagics,
    RightSizeMagics,
    CostMagics,
    BudgetMagics,
    RetrievalMagics,
    RelevanceMagics,
    CacheMagics,
    GuardMagics,
    GateMagics,
    DossierMagics,
    ApprovalMagics,
    ReleaseMagics,
    AuditMagics,
)
_LOADED = "_llmops_magics"


class _Loaded:
    """What one shell has of ours."""

    def __init__(self, shell: Any) -> None:
        self.cells = CellTracer(shell, current_workspace, _notes)
        self.monitors = MonitorWatch(shell, current_workspace)
        self.asker = KernelAsker(shell)
        self.openai = OpenAIInstrumentation(self._traced)

    def _traced(self) -> tuple[Tracing, bool]:
        """Return where other code's calls go: a setting that is wrong breaks none of them."""
        workspace = self.cells.workspace
        try:
            return workspace.tracing, workspace.settings.trace.keeps_content
        except ConfigError:
            return workspace.tracing, False


def _notes(notebook: str, trace: Trace) -> tuple[str, ...]:
    """Return what stands in a cell's line beside its own figures."""
    from llmops_magics.views.cost import today_words

    costs = current_workspace().costs
    today = costs.today(notebook, trace)
    words = today_words(today, has_notebook=bool(notebook)) if today else ""
    return (*([words] if words else []), *costs.notices())


def load(shell: Any) -> None:
    """Register magics, completion and tracing; a second call changes nothing."""
    if hasattr(shell, _LOADED):
        return
    loaded = _Loaded(shell)
    shell.register_magics(*MAGICS)
    matchers = getattr(shell.Completer, "custom_matchers", None)
    if matchers is not None:
        matchers.append(complete_magic)
    loaded.openai.start()
    loaded.cells.start()
    loaded.asker.start()
    loaded.monitors.start()  # after the cells: a banner stands below the cell's own line
    setattr(shell, _LOADED, loaded)


def unload(shell: Any) -> None:
    """Take away everything that ``load`` registered, and write buffered spans."""
    loaded: _Loaded | None = getattr(shell, _LOADED, None)
    if loaded is None:
        return
    loaded.monitors.stop()
    loaded.cells.stop()
    loaded.asker.stop()
    loaded.openai.stop()
    for workspace in opened_workspaces():
        workspace.flush_spans()
    if complete_magic in getattr(shell.Completer, "custom_matchers", []):
        shell.Completer.custom_matchers.remove(complete_magic)
    for magics in MAGICS:
        shell.magics_manager.registry.pop(magics.__name__, None)
        for kind, by_name in magics.magics.items():
            for name in by_name:
                shell.magics_manager.magics[kind].pop(name, None)
    delattr(shell, _LOADED)
