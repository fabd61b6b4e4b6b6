"""Register ``.prompty`` files: one, or all of a folder in the order in which they need one another.

Every file is read and parsed before the first is registered, so a broken one registers nothing.
Registering goes file by file; what was registered when one is refused stays, and importing again
goes on from there, for content that is there already makes no version.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from llmops_magics.errors import LlmopsError, PromptError, PromptReferenceError, PromptSyntaxError
from llmops_magics.prompts.image import read_image
from llmops_magics.prompts.listing import PromptFile, PromptTransfer
from llmops_magics.prompts.place import SUFFIX, name_at, number_at, read_limited
from llmops_magics.prompts.reference import check_name, parse_reference
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.template import MAX_SOURCE_BYTES, parse

if TYPE_CHECKING:
    from llmops_magics.prompts.version import PromptVersion

MAX_FILES = 10_000


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One file that parses; ``number`` is that of an older version beside the newest, else 0."""

    path: Path
    text: str
    name: str
    number: int
    includes: frozenset[str]  # names of prompts


def import_path(registry: PromptRegistry, path: str | Path, *, name: str = "") -> PromptTransfer:
    """Register a file, or every ``.prompty`` file below a folder that is not hidden.

    A prompt's name is ``name`` (for one file only), else what its front matter says, else the
    file's place below the folder. Images are looked for beside the file. Raises ``PromptError``
    and its kinds, naming the file.
    """
    path = Path(path)
    if path.is_dir():
        if name:
            raise PromptError(
                f"{path} is a folder, which cannot have the name {name!r}.",
                hint="Give one file, or write `name:` into the files.",
            )
        root = path.resolve()
        files = list(_files_below(root))
        if not files:
            raise PromptError(f"There is no {SUFFIX} file in {path}.")
        sources = [
            _read(file, PurePosixPath(file.relative_to(root).as_posix()), root=root)
            for file in files
        ]
    else:
        if path.is_file() and path.suffix != SUFFIX:
            raise PromptError(
                f"{path} is no {SUFFIX} file.",
                hint=f"Rename it to {path.stem}{SUFFIX} if it holds a prompt.",
            )
        sources = [_read(path.resolve(), PurePosixPath(path.name), name)]
    _refuse_doubles(sources)
    files_read = tuple(_register_all(registry, _in_order(sources)))
    return PromptTransfer(action="import", files=files_read)


def _files_below(root: Path) -> Iterator[Path]:
    """Yield the files in a fixed order; folders behind symbolic links are not entered."""
    count = 0
    for folder, folders, files in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.endswith(SUFFIX) or name.startswith("."):
                continue
            path = Path(folder, name)
            _refuse_leading_out(path, root)
            count += 1
            if count > MAX_FILES:
                raise PromptError(f"There are over {MAX_FILES:,} {SUFFIX} files in {root}.")
            yield path


def _refuse_leading_out(path: Path, root: Path) -> None:
    try:
        is_inside = path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError) as error:
        raise PromptError(f"{path} is a symbolic link that leads nowhere.") from error
    if not is_inside:
        raise PromptError(
            f"{path} is a symbolic link that leads out of {root}.", hint="Copy the file instead."
        )


def _read(path: Path, place: PurePosixPath, name: str = "", *, root: Path | None = None) -> _Source:
    content = read_limited(path, MAX_SOURCE_BYTES, root)
    try:
        text = content.decode("utf-8-sig")
        if len(content) > MAX_SOURCE_BYTES:
            raise PromptSyntaxError(f"it is over {MAX_SOURCE_BYTES:,} bytes.")
        parsed = parse(text)
        name = check_name(name) if name else _name(parsed.name, place)
    except UnicodeDecodeError as error:
        raise PromptSyntaxError(f"{path} is no text in UTF-8.") from error
    except LlmopsError as error:
        raise _at(path, error) from error
    includes = frozenset(parse_reference(r).name for r in parsed.references)
    number = number_at(place, name)
    return _Source(path=path, text=text, name=name, number=number, includes=includes)


def _name(given: str, place: PurePosixPath) -> str:
    """Return the name; other tools put a title where we put the name, and that is none."""
    try:
        return check_name(given)
    except PromptReferenceError:
        if ".." in given or given.startswith("/"):  # no title, but a way out
            raise
        return name_at(place)


def _refuse_doubles(sources: Iterable[_Source]) -> None:
    seen: dict[tuple[str, int], Path] = {}
    for source in sources:
        other = seen.setdefault((source.name, source.number), source.path)
        if other != source.path:
            raise PromptError(
                f"{other} and {source.path} are both the prompt {source.name!r}.",
                hint="Give one of them another `name:`.",
            )


def _in_order(sources: Iterable[_Source]) -> list[_Source]:
    """Sort so that what is included comes first, and of one prompt the newest last."""
    by_name: dict[str, list[_Source]] = {}
    for source in sources:
        by_name.setdefault(source.name, []).append(source)
    for group in by_name.values():
        group.sort(key=lambda source: source.number or math.inf)
    return [source for name in _names_in_order(by_name) for source in by_name[name]]


def _names_in_order(by_name: Mapping[str, list[_Source]]) -> list[str]:
    """Return names so that those included come first; older versions may go round in a circle."""
    done: dict[str, None] = {}
    entered: set[str] = set()
    stack = [(name, False) for name in sorted(by_name, reverse=True)]
    while stack:
        name, is_left = stack.pop()
        if is_left:
            done[name] = None
        elif name not in entered:
            entered.add(name)
            stack.append((name, True))
            needed = set().union(*(source.includes for source in by_name[name]))
            stack += [(n, False) for n in sorted(needed, reverse=True) if n in by_name]
    return list(done)


def _register_all(registry: PromptRegistry, sources: list[_Source]) -> Iterator[PromptFile]:
    """Register in order; one that includes what is not there yet is tried again after others."""
    waiting = sources
    while waiting:
        late: list[_Source] = []
        problem: PromptReferenceError | None = None
        for source in waiting:
            if any(other.name == source.name for other in late):
                late.append(source)  # an older version of it waits already
                continue
            try:
                yield _register(registry, source)
            except PromptReferenceError as error:
                problem = problem or error
                late.append(source)
        if problem is not None and len(late) == len(waiting):
            raise PromptReferenceError(
                problem.message,
                hint="What a file includes must be there, unchanged: import the whole folder.",
            ) from problem
        waiting = late


def _register(registry: PromptRegistry, source: _Source) -> PromptFile:
    beside = _beside(registry, source.path.parent)
    try:
        version = _known(beside, source) if source.number else None
        version = version or beside.register(source.name, source.text)
    except LlmopsError as error:
        raise _at(source.path, error) from error
    return PromptFile(
        path=str(source.path), ref=version.ref, digest=version.digest, is_new=version.is_new
    )


def _known(registry: PromptRegistry, source: _Source) -> PromptVersion | None:
    """Return the version if it is there: an older one is not made the newest again."""
    digest = registry.preview(source.name, source.text).digest
    try:
        return registry.get(f"{source.name}@{digest}")
    except PromptReferenceError:
        return None


def _beside(registry: PromptRegistry, folder: Path) -> PromptRegistry:
    """Return the registry with image files looked for in a folder and nowhere else."""
    return registry.with_images(lambda path: registry.artifacts.put(read_image(path, folder)))


def _at(path: Path, error: LlmopsError) -> LlmopsError:
    return type(error)(f"{path}: {error.message}", hint=error.hint)
