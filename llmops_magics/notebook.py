"""Where the gold notebooks are: in the installed package, or at the top of a source checkout."""

from __future__ import annotations

from pathlib import Path

from llmops_magics.errors import GateUsageError

_PACKAGE = Path(__file__).parent
FOLDERS = (_PACKAGE / "notebooks" / "gates", _PACKAGE.parent / "notebooks" / "gates")


def gold_notebooks() -> dict[str, Path]:
    """Return the gold notebooks that come with the package, by name."""
    return {p.stem: p for folder in reversed(FOLDERS) for p in sorted(folder.glob("*.ipynb"))}


def find_notebook(name: str | Path) -> Path:
    """Return the file of that path, else the gold notebook of that name."""
    path = Path(name)
    if path.suffix == ".ipynb" or path.exists():
        return path
    known = gold_notebooks()
    if str(name) not in known:
        raise GateUsageError(
            f"there is no notebook {str(name)!r}.",
            hint=f"Give a path, or one of {', '.join(known)}.",
        )
    return known[str(name)]
