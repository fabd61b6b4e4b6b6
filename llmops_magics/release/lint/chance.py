"""What makes two runs of one notebook differ: chance, the clock, the network, other packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from llmops_magics.release.lint.code import CodeCell, calls, imported_names
from llmops_magics.release.lint.record import ERROR, WARNING, LintFinding, Severity

_CLOCK = re.compile(r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns)")
_SLEEP = re.compile(r"(time|asyncio)\.sleep")
_NETWORK = re.compile(
    r"(requests|httpx|aiohttp|urllib3)\.\w+|urllib\.request\.(urlopen|urlretrieve|Request)"
    r"|socket\.(socket|create_connection)|http\.client\.\w+"
)
_CHANCE = re.compile(
    r"random\.(?!seed|Random|SystemRandom|getstate|setstate)\w+"
    r"|numpy\.random\.(?!seed|default_rng|Generator|RandomState|SeedSequence)\w+"
)
_UNSEEDED = re.compile(r"numpy\.random\.(default_rng|RandomState)|random\.Random")
_SEED = re.compile(r"(numpy\.)?random\.seed")
_ALWAYS_NEW = re.compile(r"uuid\.uuid[14]|os\.urandom|secrets\.\w+|random\.SystemRandom")
_PIP = re.compile(
    r"^[ \t]*+[!%]{1,2}[ \t]*+(?:python[\d.]*+[ \t]++-m[ \t]++)?(?:pip3?|conda|mamba|uv)\b",
    re.MULTILINE,
)
_SHELL = re.compile(r"^[ \t]*+(?:!|%%?(?:bash|sh|script|system|sx)\b)|=[ \t]*+!", re.MULTILINE)

_OF_CALLS: tuple[tuple[re.Pattern[str], str, Severity, str], ...] = (
    (_CLOCK, "clock", WARNING, "reads the clock: another day is another result"),
    (_SLEEP, "sleep", WARNING, "waits, which is no reason for anything to be ready"),
    (_NETWORK, "network", ERROR, "goes to the network past the recorded model calls"),
    (_ALWAYS_NEW, "random", ERROR, "is different each time, and cannot be seeded"),
)


def find_chance(cells: Sequence[CodeCell]) -> Iterator[LintFinding]:
    """Yield what makes runs differ, cell by cell."""
    meant = imported_names(tuple(cells))
    is_seeded = False
    for cell in cells:
        for name, call in calls(cell):
            whole = _whole(name, meant)
            is_seeded = is_seeded or bool(_SEED.fullmatch(whole) and call.args)
            yield from _of_call(cell, call, whole)
            if _is_unseeded(whole, call, is_seeded=is_seeded):
                message = f"{name}() has no seed: another run draws other numbers."
                yield _at(cell, call, "random", ERROR, message)
        yield from _of_text(cell)


def _of_call(cell: CodeCell, call: ast.Call, whole: str) -> Iterator[LintFinding]:
    for pattern, rule, severity, said in _OF_CALLS:
        if pattern.fullmatch(whole):
            yield _at(cell, call, rule, severity, f"{whole}() {said}.")
    if whole == "input":
        yield _at(cell, call, "input", ERROR, "input() asks somebody, and nobody is there.")


def _is_unseeded(whole: str, call: ast.Call, *, is_seeded: bool) -> bool:
    if _UNSEEDED.fullmatch(whole):
        return not call.args and not call.keywords
    return bool(_CHANCE.fullmatch(whole)) and not is_seeded


def _of_text(cell: CodeCell) -> Iterator[LintFinding]:
    """Yield what only IPython understands: the shell, and packages that are installed."""
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if _PIP.search(line):
            message = "It installs packages: what decided is no longer what the record names."
            yield LintFinding(
                rule="install", severity=ERROR, message=message, cell=cell.number, line=number
            )
        elif _SHELL.search(line):
            message = "It runs a shell command, which no other machine need have."
            yield LintFinding(
                rule="shell", severity=WARNING, message=message, cell=cell.number, line=number
            )


def _whole(name: str, meant: Mapping[str, str]) -> str:
    """Return a dotted name as the modules have it, whatever the imports call them."""
    first, dot, rest = name.partition(".")
    return f"{meant.get(first, first)}{dot}{rest}"


def _at(cell: CodeCell, node: ast.AST, rule: str, severity: Severity, message: str) -> LintFinding:
    return LintFinding(
        rule=rule, severity=severity, message=message, cell=cell.number, line=cell.line(node)
    )
