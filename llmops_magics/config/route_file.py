"""Write a fallback router into ``llmops.toml``, the rest of the file left as it stands.

Comments, order and spelling stay (``tomlkit``). What would not load is never written.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.config.location import FILE_NAME
from llmops_magics.config.routing import PREFIX, ROUTER, check_routers
from llmops_magics.config.settings import Settings
from llmops_magics.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
FALLBACK = "fallback"


def check_route(root: Path, name: str, settings: Settings) -> None:
    """Refuse a name that no router can have, or that one of another strategy has.

    Raises ``UsageError``, ``ConfigError`` for a file that cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a router.",
            hint="Use small letters, digits, '.', '_' and '-', without router/ before it.",
        )
    _read(root / FILE_NAME)
    router = settings.router.get(name)
    if router is not None and router.strategy != FALLBACK:
        raise UsageError(
            f"router/{name} is there already, as {router.strategy!r}.",
            hint="Give another name, or take it out of llmops.toml first.",
        )


def write_route(root: Path, name: str, models: Sequence[str], remark: str) -> None:
    """Let ``router/NAME`` ask these models in turn; ``remark`` stands beside them.

    Of a router that is there only the models change. Raises ``ConfigError`` where the file would
    not load with it: nothing is written then.
    """
    path = root / FILE_NAME
    document = _read(path)
    _put(document, name, models, " ".join(remark.split()))
    text = document.as_string()
    try:
        settings = Settings.model_validate(tomllib.loads(text))
    except ValueError as error:
        raise ConfigError(f"{path} would not load with router.{name}: {error}.") from None
    fault = check_routers(settings.router, settings.endpoints)
    if fault:
        raise ConfigError(f"router.{fault.router} was not written: {fault.what}.")
    _replace(path, text)


def _put(document: TOMLDocument, name: str, models: Sequence[str], remark: str) -> None:
    import tomlkit

    if ROUTER not in document:
        document.append(ROUTER, tomlkit.table(is_super_table=True))
    routers: Any = document[ROUTER]
    if name not in routers:
        table = tomlkit.table()
        table.add("strategy", FALLBACK)
        routers.append(name, table)
    array = tomlkit.array()
    array.extend([model for model in dict.fromkeys(models) if model != f"{PREFIX}{name}"])
    array.comment(remark)
    routers[name]["models"] = array


def _read(path: Path) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(path.read_bytes().decode("utf-8") if path.is_file() else "")
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None


def _replace(path: Path, text: str) -> None:
    """Write a file anew beside the old one, then put it in its place, with its mode."""
    mode = path.stat().st_mode & 0o777 if path.is_file() else 0o644
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode())
        Path(written).chmod(mode)
        Path(written).replace(path.resolve())  # a link stays one
    except BaseException:
        Path(written).unlink(missing_ok=True)
        raise
