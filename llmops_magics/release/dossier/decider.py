"""What decided two gate runs and was not the same: data, index, models, judges, packages, code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmops_magics.record import canonical_json
from llmops_magics.release.dossier.change import Difference
from llmops_magics.release.dossier.record import Dossier

# A table of resources.json, and what one of its entries is called.
_TABLES: Final = {
    "scorers": "scorer",
    "judges": "judge",
    "models": "answers of",
    "system_fingerprints": "fingerprint of",
    "packages": "package",
    "container": "container",
    "settings": "setting",
}
_AT_THE_END: Final = {"indexes": "index of", "datasets": "newest version of"}


def differences(before: Dossier, after: Dossier) -> tuple[Difference, ...]:
    """Return each thing that differs, once; what neither dossier has is none."""
    found = {pair.what: pair for pair in _all(before, after)}
    return tuple(found.values())


def _all(before: Dossier, after: Dossier) -> Iterator[Difference]:
    old, new = before.resources, after.resources
    yield from _pairs(_plain(before), _plain(after))
    for table, word in _TABLES.items():
        yield from _pairs(old.get(table, {}), new.get(table, {}), word)
    was, now = (each.get("at_the_end", {}) for each in (old, new))
    for table, word in _AT_THE_END.items():
        yield from _pairs(was.get(table, {}), now.get(table, {}), word)
    yield from _pairs(before.result.parameters, after.result.parameters, "parameter")
    if old.get("packages") == new.get("packages"):  # else they say it by name
        lists = [{"other packages": each.get("packages_digest", "")} for each in (old, new)]
        yield from _pairs(lists[0], lists[1])


def _plain(dossier: Dossier) -> dict[str, Any]:
    dataset = dossier.resources.get("dataset", {})
    decision = dossier.result.decision
    return {
        "gate": dossier.gate,
        "notebook": dossier.result.digests.get("source", ""),
        "mode": dossier.mode,
        "environment": dossier.environment,
        "dataset": _named(dataset.get("name", ""), dossier.dataset_digest),
        "index": dossier.index_fingerprint,
        "model": dossier.model,
        "resolved models": list(dossier.resolved_models),
        "baseline": decision.baseline if decision else "",
        "git commit": dossier.result.git_commit,
    }


def _named(name: str, digest: str) -> str:
    return f"{name} {digest}".strip()


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], word: str = ""
) -> Iterator[Difference]:
    for name in dict.fromkeys((*after, *before)):
        was, now = _words(before.get(name)), _words(after.get(name))
        if was != now:
            yield Difference(what=f"{word} {name}".strip(), before=was, after=now)


def _words(value: Any) -> str:
    """Return a value in a line: names of a list apart, what has parts as JSON."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return canonical_json(value).decode()
