"""A model endpoint that costs next to nothing, so that it never is what is measured.

    python tests/benchmarks/peers/endpoint.py LATENCY_MS

Raw asyncio, standard library only: one prepared answer, sent LATENCY_MS after its request is
complete, for 0.06 CPU ms each. The package's scripted server takes 0.2 and keeps every request; and
peers run where it is not installed.

It prints its port, and serves until stdin closes. ``GET /figures`` returns what it saw since the
last time it was asked, as JSON: requests, most at once, bodies that were no chat request, and when
the first came and the last was answered, on the system-wide monotonic clock in seconds. Whatever
is not the chat route is answered with an empty object (where a peer ships its traces to).
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass

CHAT = b"/v1/chat/completions"
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "scripted",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Paris"},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13},
}


def http(status: bytes, body: object) -> bytes:
    """Return a whole HTTP response with a JSON body."""
    content = json.dumps(body).encode()
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(content)) + content


ANSWER = http(b"200 OK", COMPLETION)
EMPTY = http(b"200 OK", {})


@dataclass
class Figures:
    """What the endpoint has seen since it was last asked."""

    requests: int = 0
    peak_concurrency: int = 0
    malformed: int = 0
    first_at_s: float = 0.0
    last_at_s: float = 0.0
    cpu_s: float = 0.0


class Endpoint:
    """The state that the connections share."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.open = 0
        self._figures = Figures()
        self._cpu_before_s = 0.0

    def began(self) -> None:
        """Count a chat request."""
        figures = self._figures
        self.open += 1
        figures.requests += 1
        figures.peak_concurrency = max(figures.peak_concurrency, self.open)
        figures.first_at_s = figures.first_at_s or time.monotonic()

    def ended(self) -> None:
        """Count its answer."""
        self.open -= 1
        self._figures.last_at_s = time.monotonic()

    def refused(self) -> None:
        """Count a body that is no chat request."""
        self._figures.malformed += 1

    def take(self) -> Figures:
        """Return the figures and begin anew."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = usage.ru_utime + usage.ru_stime
        taken, self._figures = self._figures, Figures()
        taken.cpu_s, self._cpu_before_s = cpu_s - self._cpu_before_s, cpu_s
        return taken


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, kept alive."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more can be sent."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while request := self._next():
            self._answer(*request)

    def _next(self) -> tuple[bytes, bytes] | None:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        lowered = head.lower()
        if b"transfer-encoding: chunked" in lowered:
            return self._next_chunked(head, rest)
        start = lowered.find(b"content-length:")
        length = int(lowered[start + 15 :].partition(b"\r\n")[0]) if start >= 0 else 0
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return head, rest[:length]

    def _next_chunked(self, head: bytes, rest: bytes) -> tuple[bytes, bytes] | None:
        body = b""
        while True:
            size, separator, rest = rest.partition(b"\r\n")
            length = int(size, 16) if separator else 0
            if not separator or len(rest) < length + 2:
                return None
            body, rest = body + rest[:length], rest[length + 2 :]
            if not length:
                self._buffer = rest
                return head, body

    def _answer(self, head: bytes, body: bytes) -> None:
        _method, path, _rest = head.split(b" ", 2)
        if path == b"/figures":
            self._send(http(b"200 OK", asdict(self._endpoint.take())))
        elif path != CHAT:
            self._send(EMPTY)
        elif b'"messages"' not in body:
            self._endpoint.refused()
            self._send(http(b"400 Bad Request", {"error": {"message": "no messages"}}))
        else:
            self._endpoint.began()
            asyncio.get_running_loop().call_later(self._endpoint.latency_s, self._complete)

    def _complete(self) -> None:
        self._send(ANSWER)
        self._endpoint.ended()

    def _send(self, response: bytes) -> None:
        if self._transport is not None:
            self._transport.write(response)


async def serve(latency_s: float) -> None:
    """Serve on a free port of the loopback interface until stdin closes."""
    loop = asyncio.get_running_loop()
    endpoint = Endpoint(latency_s)
    server = await loop.create_server(lambda: Connection(endpoint), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000))
