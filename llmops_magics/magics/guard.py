"""``%%guard`` scans the cell's text; ``%guard`` has what else one does with the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic
from llmops_magics.magics.parser import MagicParser

if TYPE_CHECKING:
    from llmops_magics.command.operation import Argument

OPERATIONS = OperationMagic(
    "guard", "llmops_magics.command.guard", first_steps=("scan", "detectors", "bench")
)


def cell_arguments() -> tuple[Argument, ...]:
    """Return what ``%%guard`` takes."""
    from llmops_magics.command.guard import BOUNDARY, DETECTORS

    return (DETECTORS, BOUNDARY)


@magics_class
class GuardMagics(Magics):
    """The magics of the guard."""

    @readable
    @line_cell_magic
    def guard(self, line: str, cell: str | None = None) -> Any:
        """Scan a cell's text, or make one of the operations below."""
        if cell is None:
            return OPERATIONS.run(line, self.shell.user_ns)
        return self._scan(line, cell)

    def _scan(self, line: str, cell: str) -> Any:
        args = _parser().parse_line(line)
        from llmops_magics.command.guard import scan
        from llmops_magics.command.operation import Context
        from llmops_magics.workspace import current_workspace

        return scan(Context(workspace=current_workspace()), args, [cell], ["cell"])


def _parser() -> MagicParser:
    parser = MagicParser(
        "%%guard",
        description="Scan the text of this cell.",
        example="  %%guard --boundary output --detectors exfiltration,output",
    )
    for each in cell_arguments():
        each.add_to(parser)
    return parser


GuardMagics.guard.__doc__ = "Scan a cell's text with %%guard, or %guard OPERATION."
