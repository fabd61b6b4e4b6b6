"""``python -m llmops_magics.testing``: serve until stdin closes or SIGTERM or Ctrl-C comes.

One line of JSON on stdout, ``{"base_url": ..., "api_key": ...}``, says that it serves and where.
The exit code is 1 if the script had failed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from llmops_magics.testing.reply import Reply
from llmops_magics.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


class _TerminatedError(Exception):
    """SIGTERM came."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the arguments say."""
    options = _parse(arguments)
    templated = options.template is not None
    reply = Reply(options.template if templated else options.answer, templated=templated)
    with (
        ScriptedServer(reply, latency_ms=options.latency_ms) as server,
        suppress(_TerminatedError, KeyboardInterrupt),
    ):
        signal.signal(signal.SIGTERM, _terminate)
        address = {"base_url": server.base_url, "api_key": server.api_key}
        sys.stdout.write(json.dumps(address) + "\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m llmops_magics.testing", description=__doc__)
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--answer", default="", help="the text of every answer")
    text.add_argument("--template", help="a Jinja template for the answers, as in Reply.template")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="time to the first byte")
    return parser.parse_args(arguments)


def _terminate(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise _TerminatedError


if __name__ == "__main__":
    main()
