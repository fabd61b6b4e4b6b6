"""The hosts that addresses in a tool's arguments name, of the web and of e-mail.

They count wherever they stand in them.

An address whose host cannot be told for sure (a backslash, an odd number of slashes, no host) is
reported as itself, so that no list has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

# Every address is looked at, one inside another too. What browsers take for http counts without
# its two slashes, and what is cut is no host.
_MOST: Final = 300
_ADDRESS: Final = re.compile(
    r"(?P<lead>(?:https?|wss?|ftps?|sftp|file):[/\\]*|://|\A\s*[/\\]{2,})"
    rf"(?=(?P<place>[^\s\"'<>`/?#]{{1,{_MOST}}}))",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(
    rf"(?<=[\w.+%-])@(?=(?P<place>[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,8}}\.[^\W\d][\w-]{{1,{_MOST}}}))"
)
_WORDS: Final = re.compile(r"[_-]|(?<=[a-z0-9])(?=[A-Z])")
_BREAKS: Final = re.compile(r"[\t\r\n]")  # which whoever opens an address leaves out of it
MAX_CHARACTERS: Final = 1_000_000
_ENDS: Final = ".,;!?)]}"
# Arguments of these names hold an address even where no scheme stands before it.
_NAMES: Final = frozenset(
    {"url", "uri", "href", "link", "host", "hostname", "domain", "endpoint", "server", "webhook"}
)
_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\]")
MAX_DEPTH: Final = 64


def hosts_in(arguments: Any) -> tuple[str, ...]:
    """Return the hosts that are named, each once, sorted."""
    return tuple(sorted(set(_of(arguments, "", 0))))


def is_covered(host: str, allowed: Iterable[str]) -> bool:
    """Tell whether a host is one of these or a subdomain of one."""
    names = [each.lower().rstrip(".") for each in allowed]
    return any(host == name or host.endswith(f".{name}") for name in names)


def _of(value: Any, name: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield "(nested too deeply)"
    elif isinstance(value, str):
        yield from _of_text(value, name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _of_text(str(key), "")
            yield from _of(item, str(key), depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _of(item, name, depth + 1)


def _of_text(text: str, name: str) -> Iterator[str]:
    if len(text) > MAX_CHARACTERS:
        yield "(too long to be looked through)"
        return
    found = list(_ADDRESS.finditer(text))
    is_address = bool(found) and not text[: found[0].start()].strip()
    if is_address and _BREAKS.search(text.strip()):
        found += _ADDRESS.finditer(_BREAKS.sub("", text.strip()))
    yield from (_host(match["lead"], match["place"]) for match in found)
    yield from (_host("//", match["place"]) for match in _MAIL.finditer(text))
    if not is_address and text.strip() and _last_word(name) in _NAMES:
        place = re.split(r"[/?#]", text.strip(), maxsplit=1)[0]
        yield _host("//", place)


def _last_word(name: str) -> str:
    return _WORDS.split(name)[-1].lower().removesuffix("s")


def _host(lead: str, place: str) -> str:
    """Return the host of one address in lower case, or the address where it cannot be told."""
    whole = f"({lead.strip()[:20]}{place.rpartition('@')[2][:60]})"  # which no list has
    slashes = lead.strip().rpartition(":")[2]
    if slashes != "//" or not 0 < len(place) < _MOST or "\\" in place:
        return whole
    try:
        host = (urlsplit(f"//{place.rstrip(_ENDS)}").hostname or "").rstrip(".")
    except ValueError:
        return whole
    host = f"[{host}]" if ":" in host else host
    return host if _HOST.fullmatch(host) else whole
