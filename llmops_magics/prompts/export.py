"""Write versions as ``.prompty`` files, with the versions they include and their image files.

Everything is made in memory first and every target looked at; only then is the first file
written, each whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from llmops_magics.errors import PromptError
from llmops_magics.prompts.listing import PromptFile, PromptTransfer
from llmops_magics.prompts.place import SUFFIX, image_place, inside, place_of, read_limited
from llmops_magics.prompts.prompty import to_prompty
from llmops_magics.storage.artifact import write_atomically

if TYPE_CHECKING:
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.version import PromptVersion


def export_prompt(
    registry: PromptRegistry,
    reference: str,
    target: str | Path,
    *,
    with_dependencies: bool = True,
    overwrite: bool = False,
) -> PromptTransfer:
    """Write one version to a file that ends in ``.prompty``, else into a folder by its name.

    The versions that it includes are written into the same folder, unless told otherwise. Raises
    ``PromptError``, before anything is written, if a file is in the way: a ``.prompty`` file of
    another content without ``overwrite``, any other file always.
    """
    target, version = Path(target), registry.get(reference)
    is_file = target.name.endswith(SUFFIX)
    versions = _with_included(registry, [version]) if with_dependencies else [version]
    return _export(
        registry,
        versions,
        target.parent if is_file else target,
        names={version.ref: PurePosixPath(target.name)} if is_file else {},
        overwrite=overwrite,
    )


def export_all(
    registry: PromptRegistry, folder: str | Path, *, overwrite: bool = False
) -> PromptTransfer:
    """Write the newest version of every prompt, and the older ones that others include.

    Archived prompts are left out unless another includes them. Raises what ``export_prompt`` does.
    """
    newest = [registry.get(name) for name in registry.names()]
    versions = _with_included(registry, newest)
    return _export(registry, versions, Path(folder), names={}, overwrite=overwrite)


def _with_included(
    registry: PromptRegistry, versions: Iterable[PromptVersion]
) -> list[PromptVersion]:
    """Return versions with all that they include, directly or not, each once."""
    found: dict[str, PromptVersion] = {}
    waiting = list(versions)
    while waiting:
        version = waiting.pop()
        if version.ref not in found:
            found[version.ref] = version
            waiting += [registry.get(f"{i.name}@{i.digest}") for i in version.includes]
    return sorted(found.values(), key=lambda version: (version.name, version.number))


def _export(
    registry: PromptRegistry,
    versions: list[PromptVersion],
    folder: Path,
    *,
    names: dict[str, PurePosixPath],
    overwrite: bool,
) -> PromptTransfer:
    plan = _Plan()
    load = registry.artifacts.get
    newest = {version.name: version.number for version in versions}
    written = []
    for version in versions:
        number = 0 if version.number == newest[version.name] else version.number
        place = names.get(version.ref) or place_of(version.name, number)
        images = {name: load(artifact) for name, artifact in version.images.items()}
        place = plan.add(place, to_prompty(version).encode(), images)
        path = str(folder.joinpath(*place.parts))
        written.append(PromptFile(path=path, ref=version.ref, digest=version.digest))
    _write(list(plan.targets(folder, overwrite=overwrite)))
    return PromptTransfer(action="export", files=tuple(written))


@dataclass
class _Plan:
    """The files of an export by place; two that differ only in case are one on some systems."""

    files: dict[str, tuple[PurePosixPath, bytes]] = field(default_factory=dict)

    def add(self, place: PurePosixPath, text: bytes, images: dict[str, bytes]) -> PurePosixPath:
        """Plan a prompt's file with its images; return its place.

        If another image stands where one belongs, the prompt gets a folder of its own.
        """
        group = self._group(place, text, images)
        if any(self._is_taken(*file) for file in group):
            place = place.parent / f"{place.name.removesuffix(SUFFIX)}~" / place.name
            group = self._group(place, text, images)
        for file, content in group:
            self.files[str(file).casefold()] = file, content
        return place

    def targets(self, folder: Path, *, overwrite: bool) -> Iterator[tuple[Path, bytes]]:
        """Yield what is to be written; raises ``PromptError`` for a file in the way."""
        for place, content in self.files.values():
            path = inside(folder, place)
            if not path.is_symlink() and not path.exists():
                yield path, content
            elif path.is_symlink() or read_limited(path, len(content)) != content:
                _refuse_overwriting(path, overwrite=overwrite)
                yield path, content

    def _is_taken(self, place: PurePosixPath, content: bytes) -> bool:
        there = self.files.get(str(place).casefold())
        return there is not None and there != (place, content)

    @staticmethod
    def _group(
        place: PurePosixPath, text: bytes, images: dict[str, bytes]
    ) -> list[tuple[PurePosixPath, bytes]]:
        return [(place, text)] + [(image_place(place, name), c) for name, c in images.items()]


def _refuse_overwriting(path: Path, *, overwrite: bool) -> None:
    if path.suffix != SUFFIX or (path.is_dir() and not path.is_symlink()):
        raise PromptError(
            f"{path} is there already and is not a {SUFFIX} file of ours to replace.",
            hint="Remove it, or choose another folder.",
        )
    if not overwrite:
        raise PromptError(
            f"{path} is there already, with another content.",
            hint="Say --overwrite (overwrite=True), or choose another folder.",
        )


def _write(files: list[tuple[Path, bytes]]) -> None:
    for path, content in files:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
        except OSError as error:
            raise PromptError(
                f"{path} cannot be written: {error.strerror}.",
                hint="Check that the folder may be written to; what was written stays.",
            ) from error
