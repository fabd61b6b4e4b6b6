"""Find sealed gate runs by what the store has a row of each, and read them from their folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, or_, select

from llmops_magics.errors import DossierError, UsageError
from llmops_magics.release.dossier.archive import settled
from llmops_magics.release.dossier.check import verify_dossier
from llmops_magics.release.dossier.manifest import RECORD
from llmops_magics.release.dossier.read import read_dossier
from llmops_magics.release.dossier.record import (
    Dossier,
    DossierList,
    DossierProblem,
    DossierReport,
    ListedDossier,
)
from llmops_magics.storage.table import gate_run

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import KeyRegister
    from llmops_magics.storage.store import Store

NEWEST: Final = "newest"
LEAST_CHARACTERS: Final = 4
_SHOWN: Final = 5


def list_dossiers(
    store: Store, register: KeyRegister, *, prompt: str = "", gate: str = "", limit: int = 20
) -> DossierList:
    """Return the rows of sealed runs, the newest first; ``limit`` 0 for all."""
    if limit < 0:
        raise UsageError("the limit is 0 for all dossiers, or how many.")
    conditions = []
    if prompt:
        exact = gate_run.c.prompt == prompt
        versions = gate_run.c.prompt.startswith(f"{prompt}@", autoescape=True)
        conditions.append(exact if "@" in prompt else or_(exact, versions))
    if gate:
        conditions.append(gate_run.c.gate == gate)
    query = select(gate_run).where(*conditions).order_by(gate_run.c.id.desc())
    with store.read() as connection:
        total = connection.execute(
            select(func.count()).select_from(gate_run).where(*conditions)
        ).scalar_one()
        rows = connection.execute(query.limit(limit or None)).mappings().all()
    return DossierList(dossiers=tuple(listed(dict(row), register) for row in rows), total=total)


def find_dossiers(
    store: Store,
    root: Path,
    register: KeyRegister,
    *,
    prompt_digest: str,
    gate: str = "",
    limit: int = 0,
) -> tuple[Dossier, ...]:
    """Return the dossiers of exactly this prompt, the newest first, that can be read.

    What was changed, replaced by another or is gone is no evidence, and left out.
    """
    conditions = [gate_run.c.prompt_digest == prompt_digest]
    conditions += [gate_run.c.gate == gate] if gate else []
    query = select(gate_run).where(*conditions).order_by(gate_run.c.id.desc())
    with store.read() as connection:
        rows = connection.execute(query.limit(limit or None)).mappings().all()
    return tuple(_readable(rows, root, register))


def _readable(rows: Any, root: Path, register: KeyRegister) -> Iterator[Dossier]:
    for row in rows:
        try:
            dossier = read_dossier(settled(root / row["folder"]), register)
        except DossierError:
            continue
        if dossier.digest == row["dossier_digest"]:
            yield dossier


def check_dossier(store: Callable[[], Store], folder: Path, register: KeyRegister) -> DossierReport:
    """Verify a folder, and that it is the dossier that the workspace sealed under its id."""
    report = verify_dossier(settled(folder), register)
    row = _row_of(store(), report.gate_id or folder.name)
    if row is None:
        note = "This workspace did not seal it: it has no row of this gate run."
        return replace(report, notes=(*report.notes, note))
    if not report.digest or row["dossier_digest"] == report.digest:
        return report
    what = f"is another than the one that was sealed as {row['gate_id']}"
    problem = DossierProblem(file=RECORD, offset=None, what=what)
    return replace(report, ok=False, problems=(*report.problems, problem))


def get_dossier(
    store: Callable[[], Store], root: Path, register: KeyRegister, written: str | Path
) -> Dossier:
    """Read the dossier that is meant; ``DossierError`` for another in the place of a sealed one."""
    folder, sealed = _located(store, root, written)
    dossier = read_dossier(folder, register)
    if sealed and dossier.digest != sealed:
        raise DossierError(
            f"{folder.name} is not the dossier that was sealed there, but another.",
            hint="`llmops dossier verify` with its folder says what it is.",
        )
    return dossier


def find_folder(store: Callable[[], Store], root: Path, written: str | Path) -> Path:
    """Return the folder that is meant: one that is there, or that of a row.

    A row is meant by its gate's id, its digest, the beginning or the end of either (4 characters
    or more), or as ``newest``. Raises ``DossierError`` for none and for several.
    """
    return _located(store, root, written)[0]


def _located(store: Callable[[], Store], root: Path, written: str | Path) -> tuple[Path, str]:
    """Return a folder, and the digest that a row keeps of it; none where a folder was named."""
    if isinstance(written, Path) or (Path(written) / RECORD).is_file():
        return Path(written), ""
    inside = root / written
    if (inside / RECORD).is_file():
        return inside, ""
    row = _meant(store(), written)
    return settled(root / row["folder"]), row["dossier_digest"]


def listed(row: Mapping[str, Any], register: KeyRegister) -> ListedDossier:
    """Return a row as it is listed."""
    return ListedDossier(
        gate_id=row["gate_id"],
        gate=row["gate"],
        verdict=row["verdict"],
        mode=row["mode"],
        environment=row["environment"],
        prompt=row["prompt"],
        prompt_digest=row["prompt_digest"],
        run_id=row["run_id"],
        digest=row["dossier_digest"],
        key_id=row["key_id"],
        signed_by=register.owner(row["key_id"]),
        actor=row["actor"],
        folder=row["folder"],
        finished_at=row["finished_at"],
    )


def _row_of(store: Store, gate_id: str) -> Mapping[str, Any] | None:
    with store.read() as connection:
        found = connection.execute(select(gate_run).where(gate_run.c.gate_id == gate_id))
        row = found.mappings().first()
    return dict(row) if row else None


def _meant(store: Store, written: str) -> Mapping[str, Any]:
    query = select(gate_run).order_by(gate_run.c.id.desc())
    if written != NEWEST:
        query = query.where(_matches(written)).limit(_SHOWN + 1)
    else:
        query = query.limit(1)
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    exact = [row for row in rows if written in (row["gate_id"], row["dossier_digest"])]
    rows = exact[:1] or rows
    if not rows:
        raise DossierError(
            f"there is no dossier {written!r}.",
            hint="`llmops dossier list` has those of this workspace; a folder may be named too.",
        )
    if len(rows) > 1:
        named = ", ".join(row["gate_id"] for row in rows[:_SHOWN])
        raise DossierError(f"{written!r} may be several dossiers: {named}.", hint="Write more.")
    return dict(rows[0])


def _matches(written: str) -> Any:
    if len(written) < LEAST_CHARACTERS:
        return gate_run.c.gate_id == written
    digest = written if ":" in written else f"sha256:{written}"
    return or_(
        gate_run.c.gate_id.startswith(written, autoescape=True),
        gate_run.c.gate_id.endswith(written, autoescape=True),
        gate_run.c.dossier_digest.startswith(digest, autoescape=True),
    )
