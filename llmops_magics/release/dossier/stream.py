"""The printed output of a cell as a record keeps it: one text a stream, as a terminal shows it.

Time grows with the length of the text. nbclient's own ``coalesce_streams`` takes time with the
square of a line's length (80 kB without a newline: seconds), so a gate does without it.
"""

from __future__ import annotations

from typing import Any

STREAMS = ("stdout", "stderr")


def settle_streams(cell: Any) -> None:
    """Join what a cell printed, standard output first; keep what a terminal would show.

    A joined stream stands where the cell's first one stood. An empty one is left out.
    """
    printed: dict[str, list[str]] = {}
    others, place = [], None
    for output in cell.get("outputs", []):
        if output.output_type != "stream":
            others.append(output)
            continue
        place = len(others) if place is None else place
        printed.setdefault(output.get("name", STREAMS[0]), []).append(output.text)
    if place is not None:
        cell.outputs = [*others[:place], *_joined(printed), *others[place:]]


def _joined(printed: dict[str, list[str]]) -> list[Any]:
    from nbformat.v4 import new_output

    texts = {name: shown("".join(printed[name])) for name in STREAMS if name in printed}
    return [new_output("stream", name=n, text=text) for n, text in texts.items() if text.strip()]


def shown(text: str) -> str:
    """Return of a line that was overwritten (a progress bar) what a terminal would show."""
    return "\n".join(map(_last_written, text.split("\n"))) if "\r" in text else text


def _last_written(line: str) -> str:
    last = line.rstrip("\r").rpartition("\r")[2]
    return last if last.strip() or "\r" not in line else ""  # wiped out with blanks
