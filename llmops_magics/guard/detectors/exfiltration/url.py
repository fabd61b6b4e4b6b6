"""What an address names and what it carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from llmops_magics.guard.disguise import views
from llmops_magics.redaction import find_sensitive

_SLOT: Final = re.compile(r"\{[^{}\n]{1,80}\}|<[^<>\n]{1,80}>|\[[^\[\]\n]{1,80}\]|\$\w{1,40}")
SLOT: Final = "a slot to be filled with data"
HOST: Final = "data in the name of its host"
_LABEL: Final = re.compile(r"[0-9a-f]{24,63}|[a-z2-7]{32,63}")
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_=-]{40,}")
_LONG_VALUE: Final = 60  # characters of one value
_LONG_QUERY: Final = 200
_CLASSES: Final = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"))


class Parts(NamedTuple):
    """An address taken apart; ``host`` is in lower case, "" if it cannot be read."""

    host: str
    userinfo: str
    path: str
    query: str


def parts(url: str) -> Parts:
    """Take an address apart as a browser would."""
    normal = url.replace("\\", "/")
    try:
        split = urlsplit(normal if "://" in normal[:12] else f"https:{normal}")
        host = (split.hostname or "").rstrip(".")
    except ValueError:  # brackets that hold no address
        return Parts("", "", normal, "")
    userinfo = split.netloc.rpartition("@")[0]
    query = f"{split.query}&{split.fragment}" if split.fragment else split.query
    return Parts(host, userinfo, split.path, query)


def is_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Tell whether a host, or a domain that it is in, is allowed."""
    return any(
        host == name or host.endswith(f".{name}")
        for name in (each.lower().strip(".") for each in allowed)
    )


def carried(found: Parts) -> str:
    """Say what data an address carries, "" for none that is seen.

    Words in a query are no data by themselves: every link to a search holds some.
    """
    if _SLOT.search(unquote(f"{found.userinfo} {found.query}")):
        return SLOT
    values = list(_values(found))
    if find_sensitive("\n".join(values)):
        return "personal data or a credential"
    if any(_LABEL.fullmatch(label) for label in found.host.split(".")):
        return HOST
    if any(_is_encoded(value) for value in values):
        return "encoded data"
    if found.userinfo or any(len(value) > _LONG_VALUE and " " in value for value in _asked(found)):
        return "a long text"
    return "a long query" if len(found.query) > _LONG_QUERY else ""


def _values(found: Parts) -> Iterator[str]:
    yield unquote(found.userinfo)
    for part in found.path.split("/"):
        yield unquote(part)
    yield from _asked(found)


def _asked(found: Parts) -> Iterator[str]:
    for name, value in parse_qsl(found.query, keep_blank_values=True):
        yield value or name


def _is_encoded(value: str) -> bool:
    """Tell base64 and hex of some length from words, names and numbers."""
    if len(value) < 16:
        return False
    if any(how in {"base64", "hex", "base32"} for view in views(value[:4000]) for how in view.how):
        return True
    run = _ENCODED.fullmatch(value)
    return bool(
        run
        and all(kind.search(value) for kind in _CLASSES)
        and value.count("-") + value.count("_") <= 3
    )
