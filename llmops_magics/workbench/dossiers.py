"""The sealed gate runs of a workspace: found, read, verified and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.release.dossier.change import DossierDiff
    from llmops_magics.release.dossier.record import Dossier, DossierList, DossierReport
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.signing import Signing


class Dossiers:
    """A dossier is named by its gate's id, its digest (or the beginning of either), or a folder.

    The newest that was sealed is ``newest``.
    """

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        *,
        signing: Callable[[], Signing],
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._signing = signing

    def list(self, *, prompt: str = "", gate: str = "", limit: int = 20) -> DossierList:
        """Return the sealed runs, the newest first; ``limit`` 0 for all.

        ``prompt`` is a name or name@number, ``gate`` a notebook's stem.
        """
        from llmops_magics.release.dossier.catalogue import list_dossiers

        return list_dossiers(
            self._store(), self._signing().register, prompt=prompt, gate=gate, limit=limit
        )

    def get(self, written: str | Path) -> Dossier:
        """Read one; ``DossierError`` where there is none, or its records are not what was signed.

        That the other files are as they were sealed is for ``verify`` to say.
        """
        from llmops_magics.release.dossier.catalogue import get_dossier

        return get_dossier(self._store, self._root, self._signing().register, written)

    def find(self, *, prompt_digest: str, gate: str = "", limit: int = 0) -> tuple[Dossier, ...]:
        """Return the dossiers of exactly this prompt, the newest first.

        One whose folder is gone or whose records were changed is left out: it is no evidence.
        """
        from llmops_magics.release.dossier.catalogue import find_dossiers

        return find_dossiers(
            self._store(),
            self._root,
            self._signing().register,
            prompt_digest=prompt_digest,
            gate=gate,
            limit=limit,
        )

    def verify(self, written: str | Path) -> DossierReport:
        """Check every byte of one against its signed manifest, and its row against both."""
        from llmops_magics.release.dossier.catalogue import check_dossier

        return check_dossier(self._store, self.folder(written), self._signing().register)

    def diff(self, before: str | Path, after: str | Path) -> DossierDiff:
        """Return what changed from one to another, in the terms of the field."""
        from llmops_magics.release.dossier.comparing import compare_dossiers

        sides = [Path(self.get(each).folder) for each in (before, after)]
        return compare_dossiers(sides[0], sides[1], self._signing().register)

    def folder(self, written: str | Path) -> Path:
        """Return the folder of the dossier that is meant; a folder is not looked up."""
        from llmops_magics.release.dossier.catalogue import find_folder

        return find_folder(self._store, self._root, written)
