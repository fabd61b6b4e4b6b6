"""An OpenAI-compatible endpoint on loopback that says what its script says.

It runs on an event loop of its own, in one daemon thread, so the code under test may be sync or
async. Closing it ends the thread, its connections and its socket. An error in the script never
passes in silence: the call is answered 500, and closing the server raises the error.
"""

from __future__ import annotations

import asyncio
import atexit
import secrets
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from llmops_magics.errors import UsageError
from llmops_magics.testing.script import Answer, Scenario, make_script
from llmops_magics.testing.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
BACKLOG = 1024
SHUTDOWN_TIMEOUT_S = 0.05  # calls still open when the server closes are broken off
DEFAULT_MODEL = "scripted"


class ScriptedServer:
    """A scripted endpoint: ``/v1/chat/completions``, ``/v1/embeddings`` and ``/v1/models``.

    ::

        with ScriptedServer({"France": "Paris", None: "I do not know"}) as server:
            client = OpenAI(base_url=server.base_url, api_key=server.api_key)

    ``answer`` is a str, a ``Reply``, a callable, a list or a dict; ``make_script`` says what each
    means. A callable runs on the server's event loop: give ``latency_ms`` instead of sleeping.
    ``embeddings`` scripts the embeddings endpoint in the same way, except that a success holds
    the vectors of the request's texts. ``latency_ms`` is added to every reply's own latency.

    Attributes:
    - ``base_url``, ``api_key``: for the client. Requests without the key are answered 401.
    - ``requests``: the bodies of the chat and embeddings requests in the order of their arrival,
      each with ``path`` added. The live list; it may be cleared.
    - ``errors``: what the script raised.
    - ``peak_concurrency``: the most calls that were open at once.

    """

    def __init__(
        self,
        answer: Answer = "",
        *,
        embeddings: Answer = "",
        latency_ms: float = 0.0,
        models: Sequence[str] = (DEFAULT_MODEL,),
    ) -> None:
        self.api_key = f"scripted-{secrets.token_hex(16)}"
        self._transcript = Transcript()
        self._scenario = Scenario(
            chat=make_script(answer),
            embeddings=make_script(embeddings),
            models=tuple(models),
            latency_ms=latency_ms,
        )
        self._port: int | None = None
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None

    @property
    def base_url(self) -> str:
        """The URL to give to a client; raises ``UsageError`` while the server is not running."""
        if self._port is None:
            raise UsageError("The scripted server is not running.", hint="Use it in a with block.")
        return f"http://{HOST}:{self._port}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, oldest first."""
        return self._transcript.requests

    @property
    def errors(self) -> list[BaseException]:
        """What the script raised so far, oldest first."""
        return self._transcript.errors

    @property
    def peak_concurrency(self) -> int:
        """The most calls that were open at the same time."""
        return self._transcript.peak_concurrency

    def start(self) -> Self:
        """Start to serve on a free port and return the server itself."""
        if self._thread is not None:
            raise UsageError("The scripted server is running already.", hint="Close it first.")
        listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        ready: Future[Callable[[], object]] = Future()
        thread = threading.Thread(
            target=self._run, args=(listener, ready), name="llmops-scripted-server", daemon=True
        )
        thread.start()
        self._stop = ready.result()
        self._thread, self._port = thread, listener.getsockname()[1]
        atexit.register(self.close)  # for a notebook that never closes it
        return self

    def close(self) -> None:
        """Stop serving; then raise the first error of the script, if there was one."""
        self._shut_down()
        if self.errors:
            first, others = self.errors[0], len(self.errors) - 1
            self.errors.clear()
            if others:
                first.add_note(f"The scripted server's script raised {others} more.")
            raise first

    def _shut_down(self) -> None:
        if self._thread is None or self._stop is None:
            return
        atexit.unregister(self.close)
        self._stop()
        self._thread.join()
        self._thread = self._stop = self._port = None

    def _run(self, listener: socket.socket, ready: Future[Callable[[], object]]) -> None:
        try:
            asyncio.run(self._serve(listener, ready))
        except BaseException as error:
            listener.close()
            if ready.done():
                raise
            ready.set_exception(error)  # start() raises it

    async def _serve(self, listener: socket.socket, ready: Future[Callable[[], object]]) -> None:
        from aiohttp import web

        from llmops_magics.testing.application import Application

        application = Application(self._scenario, self._transcript, self.api_key)
        runner = web.AppRunner(
            application.build(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        )
        await runner.setup()
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        ready.set_result(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
        await runner.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        self._shut_down()
        for cause in self.errors:  # the block's own error stands; say what may have caused it
            error.add_note(f"The scripted server's script raised {cause!r}")
