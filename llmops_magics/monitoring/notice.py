"""Tell of a change of state: post to a webhook, or run the user's own command.

What is sent is masked as everything is that leaves. A webhook follows no redirect at all: an answer
that sends elsewhere is a failure. A command gets the change on its standard input and in variables
of its environment, never as an argument, and does not pass a shell.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Collection, Sequence
from typing import Any

from llmops_magics.errors import LlmopsError
from llmops_magics.models.loop import LOOP
from llmops_magics.monitoring.channel import COMMAND, Channel
from llmops_magics.monitoring.record import Notice, StateChange
from llmops_magics.record import to_jsonable
from llmops_magics.redaction import redact, redact_value

WEBHOOK_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 30.0
PAUSES_S = (0.5, 2.0)  # before the second and the third try
_SHOWN = 300


def tell(
    due: Sequence[tuple[StateChange, Channel]],
    *,
    workspace: str,
    plain_hosts: Collection[str] = (),
) -> tuple[Notice, ...]:
    """Tell of each change by its way; what fails is said in the notice and stops nothing."""
    return tuple(_tell(change, channel, workspace, plain_hosts) for change, channel in due)


def payload(change: StateChange, workspace: str) -> dict[str, Any]:
    """Return what is sent: the change, and a line of text, with secrets masked."""
    body = {
        "kind": "llmops.monitor",
        "text": sentence(change),
        "workspace": workspace,
        **to_jsonable(change),
    }
    masked: dict[str, Any] = redact_value(body)
    return masked


def sentence(change: StateChange) -> str:
    """Say a change in a line: ``slow: alert (was ok) · p95(latency_ms) > 4000 … · 5210``."""
    was = f" (was {change.before})" if change.before else ""
    seen = change.observation
    value = "" if seen.value is None else f" · measured {seen.value:.6g} on {seen.calls:,} calls"
    return f"{change.monitor}: {change.state}{was} · {change.rule}{value}"


def _tell(
    change: StateChange, channel: Channel, workspace: str, plain_hosts: Collection[str]
) -> Notice:
    body = payload(change, workspace)
    try:
        if channel.way == COMMAND:
            _run(channel.arguments, body)
        else:
            LOOP.run(_post(channel.address(plain_hosts), json.dumps(body).encode()))
    except (LlmopsError, _NotToldError, OSError) as error:
        problem = redact(str(error))[:_SHOWN] or type(error).__name__
        return Notice(
            monitor=change.monitor, state=change.state, way=channel.label, problem=problem
        )
    return Notice(monitor=change.monitor, state=change.state, way=channel.label)


class _NotToldError(Exception):
    """Nobody was told, and why."""


async def _post(address: str, body: bytes) -> None:
    """Post once, and twice again where the host did not answer or was in trouble."""
    for pause_s in (*PAUSES_S, None):
        problem, may_pass = await _try(address, body)
        if not problem:
            return
        if pause_s is None or not may_pass:
            raise _NotToldError(problem)
        await asyncio.sleep(pause_s)


async def _try(address: str, body: bytes) -> tuple[str, bool]:
    """Return what went wrong, empty if nothing did, and whether it may pass.

    No message of the library is repeated: it may hold the address, which may be a secret.
    """
    import aiohttp

    limit = aiohttp.ClientTimeout(total=WEBHOOK_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=_HEADERS) as session,
            session.post(address, data=body, allow_redirects=False) as response,
        ):
            status = response.status
    except TimeoutError:
        return f"no answer within {WEBHOOK_TIMEOUT_S:g} s", False
    except (aiohttp.ClientError, OSError) as error:
        return f"no connection ({type(error).__name__})", True
    if 200 <= status < 300:
        return "", False
    if 300 <= status < 400:
        return f"answered {status}: a redirect, which is not followed", False
    return f"answered {status}", status >= 500 or status == 429


_HEADERS = {"Content-Type": "application/json", "User-Agent": "llmops_magics"}


def _run(arguments: Sequence[str], body: dict[str, Any]) -> None:
    environment = {
        **os.environ,
        **{f"LLMOPS_MONITOR_{key.upper()}": _plain(body[key]) for key in _VARIABLES},
    }
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own command, from the user's own file
            arguments,
            input=json.dumps(body).encode(),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _NotToldError(f"not done within {COMMAND_TIMEOUT_S:g} s, and stopped") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:]
        raise _NotToldError(f"ended with {done.returncode}{': ' + said if said else ''}")


_VARIABLES = ("text", "monitor", "state", "before", "rule")


def _plain(value: str) -> str:
    return value.replace("\0", "")
