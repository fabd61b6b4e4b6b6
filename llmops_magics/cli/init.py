"""``llmops init``: make a folder a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmops_magics.cli.subcommand import command


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(
        commands,
        "init",
        summary="Write llmops.toml, which makes a folder a workspace.",
        example="llmops init my-project",
    )
    parser.add_argument("folder", nargs="?", default=".", type=Path)
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Create the workspace and say what is next."""
    from llmops_magics.workspace import create_workspace

    path = create_workspace(args.folder)
    print(f"wrote {path}")
    print("next: open a notebook there and run  %load_ext llmops_magics")
    return 0
