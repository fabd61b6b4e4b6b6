"""``%llm_index`` and ``%index_status``: the indexes of corpora, and how fresh they are."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic, line_parser
from llmops_magics.magics.parser import MagicParser
from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from llmops_magics.retrieval.index.status import IndexStatus

OPERATIONS = OperationMagic(
    "llm_index", "llmops_magics.command.index", first_steps=("build", "refresh", "status")
)


@magics_class
class IndexMagics(Magics):
    """The magics of indexes."""

    @readable
    @line_magic
    def llm_index(self, line: str) -> Any:
        """Build, refresh, check and revert indexes; ``%llm_index`` alone lists them."""
        word, _, rest = line.strip().partition(" ")
        if word == "status":
            return _status(OPERATIONS.parser("status"), rest, self.shell.user_ns)
        return OPERATIONS.run(line if word else "list", self.shell.user_ns)

    @readable
    @line_magic
    def index_status(self, line: str) -> Any:
        """Hold an index against its sources and its store; ``%index_status --help`` says more."""
        return _status(status_parser(), line, self.shell.user_ns)


def status_parser() -> MagicParser:
    """Return the parser of ``%index_status``, which takes what ``%llm_index status`` takes."""
    operation = OPERATIONS.operations["status"]
    return line_parser(
        "%index_status",
        summary=operation.summary,
        arguments=operation.arguments,
        examples=[f"%index_{operation.example}"],
    )


def _status(parser: MagicParser, line: str, namespace: Mapping[str, Any]) -> Any:
    """Look once; with ``--watch`` again and again, in one output, until the cell is interrupted."""
    from llmops_magics.command.index import looking, watch
    from llmops_magics.command.operation import Context
    from llmops_magics.workspace import current_workspace

    args: Namespace = parser.parse_line(line)
    look = looking(Context(workspace=current_workspace(), namespace=namespace), args)
    if not args.watch or in_gate():  # what a gate shows is shown once
        return look()
    watch(look, _shown_in_place(), every_s=args.every, times=args.times)
    return None


def _shown_in_place() -> Callable[[IndexStatus], None]:
    """Return what shows a status in the output of the one before."""
    import llmops_magics.views  # noqa: F401  (so that it can be shown)

    handles: list[Any] = []

    def show(status: IndexStatus) -> None:
        if handles:
            handles[0].update(status)
        else:
            handles.append(display(status, display_id=True))

    return show
