"""Take secrets and personal data out of an executed notebook before it becomes a record.

Every string of the notebook is masked, wherever it stands: sources, outputs of every MIME type,
tracebacks, metadata, attachments, names. Pictures lose the text that their files carry beside the
pixels. Then the notebook is read again as a whole; a secret that is still there makes the archive
refused, and so does a detector that cannot look.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from llmops_magics.errors import GateRunError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.finding import Finding
from llmops_magics.guard.scan import scan_texts
from llmops_magics.guard.survey.excerpt import merged
from llmops_magics.guard.survey.image_text import (
    data_uris,
    decoded,
    text_beside,
    without_embedded_text,
    without_text,
)
from llmops_magics.guard.survey.notebook import pieces_of, plain_lines
from llmops_magics.redaction import find_sensitive

DETECTOR = "secrets"
LEFT_OUT = "(a picture whose file held more than the picture)"
_LEAST_VALUE = 8  # characters: what is shorter is not looked for elsewhere


def redact_notebook(notebook: Any) -> None:
    """Mask a notebook in place.

    Raises ``GateRunError`` if a secret is left that could not be masked, or if nobody could look.
    """
    pictures = _clean_pictures(notebook)
    texts = list(dict.fromkeys(text for text in _strings(notebook) if text not in pictures))
    masked = dict(zip(texts, mask_texts(texts), strict=True))
    _replace(notebook, lambda text: masked.get(text, text))
    values = set(_secrets_left(notebook))
    if values:  # told by what stands around it, such as the name of a setting
        _replace(notebook, lambda text: text if text in pictures else _without(text, values))
        left = list(_secrets_left(notebook))
        if left:
            raise GateRunError(
                "The executed notebook holds a secret that cannot be masked: no archive is kept.",
                hint="Take it out of the notebook; `llmops guard scan` says where it stands.",
            )


def mask_texts(texts: Sequence[str]) -> list[str]:
    """Return texts without secrets and personal data; a terminal's colours go where one stood."""
    plain = [plain_lines(text) for text in texts]
    return [
        text if (masked := _masked(bare, findings)) == bare else masked
        for text, bare, findings in zip(texts, plain, _scan(plain), strict=True)
    ]


def mask_value(value: Any) -> Any:
    """Return a JSON-able value with every text in it masked, keys too."""
    texts = list(dict.fromkeys(_strings(value)))
    masked = dict(zip(texts, mask_texts(texts), strict=True))
    return _mapped(value, masked.__getitem__)


def _scan(texts: Sequence[str]) -> list[tuple[Finding, ...]]:
    scans = scan_texts(texts, [DETECTOR], Context(boundary="output"))
    failed = next((scan.errors[0] for scan in scans if scan.errors), None)
    if failed is not None:
        raise GateRunError(
            f"Nobody could look for secrets, so no archive is kept: {failed.error}",
            hint="`llmops guard detectors` says what cannot be loaded.",
        )
    return [scan.findings for scan in scans]


def _masked(text: str, findings: Iterable[Finding]) -> str:
    is_opaque = _opaque(text)
    spans = [(f.start, f.end, f.kind) for f in findings]
    spans += [(f.start, f.end, f.kind) for f in find_sensitive(text)]
    kept = [span for span in spans if not is_opaque(span[0], span[1])]
    pieces, at = [], 0
    for start, end, kind in merged(kept):
        pieces += [text[at:start], f"[{kind.rpartition('.')[2]}]"]
        at = end
    return "".join([*pieces, text[at:]])


def _opaque(text: str) -> Callable[[int, int], bool]:
    """Return what tells whether a span lies in the base64 of an embedded file."""
    ranges = list(data_uris(text))
    starts = [start for start, _ in ranges]

    def lies_inside(start: int, end: int) -> bool:
        place = bisect_right(starts, start) - 1
        return place >= 0 and end <= ranges[place][1]

    return lies_inside


def _secrets_left(notebook: Any) -> Iterator[str]:
    """Yield what is still found in the notebook, read as a whole."""
    pieces, _ = pieces_of(notebook)
    for piece, findings in zip(pieces, _scan([p.text for p in pieces]), strict=True):
        is_opaque = _opaque(piece.text)
        for found in findings:
            value = piece.text[found.start : found.end]
            inside = is_opaque(found.start, found.end)
            if found.matches("secret") and not inside and not _is_mask(value):
                yield value


def _is_mask(value: str) -> bool:
    return "[" in value and "]" in value


def _without(text: str, values: Iterable[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _LEAST_VALUE:
            text = text.replace(value, "[secret]")
    return text


def _clean_pictures(notebook: Any) -> set[str]:
    """Take the text out of pictures, and away those of unknown kinds that hold something.

    Returns the base64 of those that stay, which is not text.
    """
    kept: set[str] = set()
    for cell in notebook.cells:
        bundles = [output.get("data", {}) for output in cell.get("outputs", [])]
        bundles += list(cell.get("attachments", {}).values())
        for bundle in bundles:
            for mime in list(bundle):
                if isinstance(bundle[mime], str):
                    bundle[mime] = _clean(mime, bundle[mime])
                    if _is_binary(mime) and decoded(bundle[mime]) is not None:
                        kept.add(bundle[mime])
    return kept


def _clean(mime: str, value: str) -> str:
    if not _is_binary(mime):
        return without_embedded_text(value)
    content = decoded(value)
    if content is None:
        return value  # no base64: it is masked as the text it is
    bare = without_text(content)
    if bare is not None:
        return value if bare == content else b64encode(bare).decode()
    beside = text_beside(content)
    return LEFT_OUT if mask_texts([beside]) != [beside] else value


def _is_binary(mime: str) -> bool:
    if mime.endswith(("json", "xml", "javascript")):
        return False
    return mime.startswith(("image/", "audio/", "video/", "application/"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _replace(notebook: Any, change: Callable[[str], str]) -> None:
    """Change every string of a notebook in place."""
    for name in [name for name in notebook if name != "cells"]:
        notebook[name] = _mapped(notebook[name], change)
    for cell in notebook.cells:
        for name in list(cell):
            cell[name] = _mapped(cell[name], change)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        changed = {change(str(key)): _mapped(each, change) for key, each in value.items()}
        return type(value)(changed)
    if isinstance(value, list | tuple):
        return [_mapped(each, change) for each in value]
    return value
