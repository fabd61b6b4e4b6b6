"""The pytest plugin: a fixture that starts scripted servers and closes them after the test.

pytest loads this module at every start, so it imports nothing that pytest has not imported.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_magics.testing.script import Answer
    from llmops_magics.testing.server import ScriptedServer

StartServer: TypeAlias = "Callable[..., ScriptedServer]"


@pytest.fixture
def scripted_server() -> Iterator[StartServer]:
    """Start as many scripted servers as the test needs.

    ``server = scripted_server("Paris")`` takes what ``ScriptedServer`` takes and returns it
    running. All are closed after the test, which then fails if a script had raised.
    """
    with ExitStack() as servers:

        def start(answer: Answer = "", **options: Any) -> ScriptedServer:
            from llmops_magics.testing.server import ScriptedServer

            return servers.enter_context(ScriptedServer(answer, **options))

        yield start
