"""The server process of the chat model: llama.cpp behind its OpenAI-compatible HTTP interface.

Started by ``server``, which writes its order as one JSON line to standard input, so that the key
stands neither in the arguments nor in the environment. It listens on 127.0.0.1 only and asks
everybody for the key.

At temperature 0 a prompt has one answer here, to the last bit of its log-probabilities, whatever
else is asked at the same time or was asked before, and however many threads compute it. Measured
with 12 prompts of 220 tokens, 4 at once, on two cores: reuse of a shared prefix would be 20 %
faster, but a prompt asked twice then got other bits, and with two sequences at a time 1 to 3
answers of 12 other words; two sequences without reuse gave the same bits, no faster. Flash
attention is as fast, but there another number of threads gave other answers.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from llmops_magics.models.local.rendezvous import Process, Rendezvous, State
from llmops_magics.models.local.watch import Load, Watch

SETTINGS: dict[str, Any] = {
    "n_ctx": 8192,  # all that the model was trained for
    "n_predict": 1024,  # a small model may never stop on its own
    "n_parallel": 1,
    "cache_prompt": False,
    "cache_ram_mib": 0,
    "n_gpu_layers": 0,  # another device is another arithmetic
    "no_kv_offload": True,
    "no_op_offload": True,
    "fit_params": False,
    "n_threads_http": 64,  # a waiting request holds one, and health checks must not wait
    "hostnames": ["127.0.0.1"],
    "port": 0,  # any that is free
    "ui": False,
    "endpoint_slots": False,  # would show one user's prompt to another
    "endpoint_metrics": True,
    "cors_origins": "",  # no web page may call
    "cors_methods": "",
    "cors_headers": "",
    "cors_credentials": False,
    "verbosity": 1,  # errors; never prompts
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """What to serve, where to announce it, and when to end."""

    folder: str
    model: str
    path: str
    api_key: str = dataclasses.field(repr=False)
    threads: int
    idle_s: float
    grace_s: float
    poll_s: float


def main() -> None:
    """Serve until there is a reason to end, or a signal."""
    order = Order(**json.loads(sys.stdin.readline()))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = open_server(order)
    place = Rendezvous(folder=Path(order.folder))
    process = Process.of(os.getpid())
    state = State(process=process, url=server.listening_address, api_key=order.api_key)
    place.write(state)
    try:
        reason = _wait(order, place, state, server, ended)
        sys.stdout.write(f"The server ends: {reason}.\n")
    finally:
        place.forget(process)
        del server  # waits for the loop inside


def open_server(order: Order) -> Any:
    """Load the model and listen; the server runs in threads of its own."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    for name, value in SETTINGS.items():
        setattr(params, name, value)
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cpuparams.n_threads = order.threads
    params.cpuparams_batch.n_threads = order.threads
    params.model.path = order.path
    params.model_alias = {order.model}
    params.api_keys = [order.api_key]
    return xllamacpp.Server(params)


def _wait(
    order: Order, place: Rendezvous, state: State, server: Any, ended: threading.Event
) -> str:
    limits = {"idle_s": order.idle_s, "grace_s": order.grace_s}
    watch = Watch(place, state, **limits, now_s=time.time())
    while not ended.wait(order.poll_s):
        reason = watch.reason_to_end(time.time(), read_load(server.handle_metrics()))
        if reason:
            return reason
    return "it was told to"


def read_load(metrics: str) -> Load:
    """Read llama.cpp's metrics (Prometheus text) for what is under way and what was done."""
    found = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[:1] not in ("", "#"))
    value = {name.removeprefix("llamacpp:"): float(number) for name, number in found.items()}
    return Load(
        active=int(value["requests_processing"] + value["requests_deferred"]),
        done=value["prompt_tokens_total"] + value["tokens_predicted_total"],
    )


if __name__ == "__main__":
    main()
