"""Ways to tell of a change: a webhook or a command, as its user wrote it.

The address of a webhook may be a secret (whoever knows it may post), and a command is code. So
neither ever goes into the store: ``subscription`` keeps them with the user, and others see only
``label``.
"""

from __future__ import annotations

import ipaddress
import os
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from llmops_magics.errors import UsageError

WEBHOOK, COMMAND, NOTEBOOK = "webhook", "command", "notebook"
FORMS = "webhook:URL, webhook:$VARIABLE, command:PROGRAM ARGUMENTS or notebook"


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way; ``target`` is the address, ``$VARIABLE`` that holds it, or the command line."""

    way: str
    target: str

    @property
    def label(self) -> str:
        """The way without anything secret: the address's host, or the program's name."""
        if self.way == COMMAND:
            return f"{COMMAND}:{Path(shlex.split(self.target)[0]).name}"
        if self.target.startswith("$"):
            return f"{WEBHOOK}:{self.target}"
        parts = urlsplit(self.target)
        return f"{WEBHOOK}:{parts.scheme}://{parts.hostname}"

    @property
    def arguments(self) -> list[str]:
        """The command as a list: it never passes a shell."""
        return shlex.split(self.target)

    def address(self, plain_hosts: Collection[str]) -> str:
        """Return the address to post to; ``UsageError`` if it is none that may be used."""
        written = self.target
        if written.startswith("$"):
            written = os.environ.get(written[1:], "")
            if not written:
                raise UsageError(f"The variable {self.target} is not set, so no webhook is known.")
        check_address(written, plain_hosts)
        return written


def parse_channel(text: str, plain_hosts: Collection[str] = ()) -> Channel | None:
    """Read a way; None for ``notebook``, which every notebook of the workspace is anyway.

    Raises ``UsageError`` for what is no way, an address that may not be used, or a command that
    cannot be split or found.
    """
    way, _, target = text.strip().partition(":")
    target = target.strip()
    if way == NOTEBOOK and not target:
        return None
    if way == WEBHOOK and target:
        if not target.startswith("$"):
            check_address(target, plain_hosts)
        elif not target[1:].isidentifier():
            raise UsageError(f"{target!r} is no environment variable.", hint="Write webhook:$NAME.")
        return Channel(way=WEBHOOK, target=target)
    if way == COMMAND and target:
        _check_command(target)
        return Channel(way=COMMAND, target=target)
    raise UsageError(f"{way or text!r} is no way to be told.", hint=f"Write {FORMS}.")


def check_address(address: str, plain_hosts: Collection[str]) -> None:
    """Raise ``UsageError`` unless an address is https, or http to this machine or a named host.

    The message does not repeat the address: it may be a secret.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("The webhook's address cannot be read.") from None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in address):
        raise UsageError("The webhook's address is no http(s) URL.", hint=f"Write {FORMS}.")
    if parts.username or parts.password:
        raise UsageError("The webhook's address holds a user or password.", hint="Leave them out.")
    if parts.scheme == "http" and not is_loopback(host) and host not in plain_hosts:
        raise UsageError(
            f"The webhook at {host} would be reached without encryption.",
            hint="Use https, or name the host under [monitor] plain_http_hosts in llmops.toml.",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_command(target: str) -> None:
    from shutil import which

    try:
        words = shlex.split(target)
    except ValueError as error:
        raise UsageError(f"The command cannot be split into words: {error}.") from None
    if not words or which(words[0]) is None:
        program = words[0] if words else target
        raise UsageError(
            f"There is no program {program!r}.",
            hint="A command is a program and its arguments; it does not pass a shell.",
        )
