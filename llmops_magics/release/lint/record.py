"""What was found in a gold notebook that was not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

Severity: TypeAlias = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One thing found; ``cell`` counts all cells from 1, ``line`` those of the cell, from 1.

    Both are None for what is about the notebook as a whole.
    """

    rule: str
    severity: Severity
    message: str
    cell: int | None = None
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class GateLint(Record):
    """A gold notebook's findings, errors first, then by place."""

    kind: ClassVar[str] = "gate-lint"

    notebook: str
    cells: int
    findings: tuple[LintFinding, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors: a gate with one must not be trusted."""
        return sum(finding.severity == ERROR for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """1 where there is an error, else 0."""
        return 1 if self.errors else 0

    def to_pandas(self) -> pd.DataFrame:
        """One row a finding."""
        import pandas as pd

        names = ("severity", "rule", "cell", "line", "message")
        rows = [[getattr(finding, name) for name in names] for finding in self.findings]
        return pd.DataFrame(rows, columns=list(names))
