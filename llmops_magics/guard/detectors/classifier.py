"""A sequence classifier of your own, run by ONNX Runtime: ``classifier:FOLDER``.

The folder has ``model.onnx``, ``tokenizer.json`` and ``config.json`` (with ``id2label``), as
Prompt Guard, PIGuard and their like are exported. A text is read in overlapping windows of 512
tokens and the worst window decides; nothing is downloaded. A label that names a harmless text
(``LABEL_0``, ``benign``, ``safe`` …) never reports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from llmops_magics.config.home import expanded
from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.finding import INCOMPLETE, Finding, Severity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_VERSION: Final = "1"
_WINDOW: Final = 512  # tokens
_OVERLAP: Final = 64
_MOST_WINDOWS: Final = 64  # of one text; what is left is reported as not read
_READ: Final = 200_000  # characters that are given to the tokenizer
_BATCH: Final = 8
_THRESHOLD: Final = 0.5  # more likely than not
_HIGH: Final = 0.9
_HARMLESS: Final = frozenset(
    {"benign", "safe", "harmless", "legit", "legitimate", "negative", "label_0", "normal", "clean"}
)
_FILES: Final = ("model.onnx", "tokenizer.json", "config.json")
_INSTALL: Final = 'Install it: pip install "llmops_magics[local]".'


class _Window(NamedTuple):
    tokens: list[int]
    start: int
    end: int


class ClassifierDetector:
    """Reports what a classifier calls an attack, at the window where it is surest."""

    name = "classifier"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self, folder: Path) -> None:
        parts = _checked(folder)
        self._tokenizer = _tokenizer(parts[1])
        self._session = _session(parts[0])
        self._labels = _labels(parts[2])
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.version = f"{_VERSION}+{_digest(parts)[:12]}"

    def scan(self, text: str, context: Context) -> Sequence[Finding]:  # noqa: ARG002
        """Return one finding a label that the worst window has, and one if not all was read."""
        windows, read = self._windows(text)
        found = []
        if read < len(text):
            why = f"only the first {read:,} characters were read"
            found.append(self._finding(INCOMPLETE, read, len(text), 1.0, "medium", why))
        if not windows:
            return found
        chances = self._chances(windows)
        for number, label in self._labels.items():
            worst = int(chances[:, number].argmax())
            chance = round(float(chances[worst, number]), 4)
            if label.lower() not in _HARMLESS and chance > _THRESHOLD:
                place = windows[worst]
                severity: Severity = "high" if chance >= _HIGH else "medium"
                why = f"the classifier calls it {label!r}"
                kind = f"injection.{_kind(label)}"
                found.append(self._finding(kind, place.start, place.end, chance, severity, why))
        return found

    def _windows(self, text: str) -> tuple[list[_Window], int]:
        """Return the windows of a text, and how many characters they cover."""
        encoded = self._tokenizer.encode(text[:_READ], add_special_tokens=False)
        tokens, spans = encoded.ids, encoded.offsets
        inner = _WINDOW - self._tokenizer.num_special_tokens_to_add(False)
        windows: list[_Window] = []
        for first in range(0, len(tokens), inner - _OVERLAP):
            last = min(first + inner, len(tokens))
            if len(windows) == _MOST_WINDOWS:
                return windows, windows[-1].end
            chosen = self._framed(tokens[first:last])
            windows.append(_Window(chosen, spans[first][0], spans[last - 1][1]))
            if last == len(tokens):
                break
        return windows, min(len(text), _READ)

    def _framed(self, tokens: list[int]) -> list[int]:
        """Return tokens between the marks that the model expects, such as [CLS] and [SEP]."""
        framed = self._tokenizer.encode("")
        marks = framed.ids if self._tokenizer.num_special_tokens_to_add(False) else []
        half = (len(marks) + 1) // 2
        return [*marks[:half], *tokens, *marks[half:]]

    def _chances(self, windows: Sequence[_Window]) -> NDArray[np.float64]:
        import numpy as np

        rows = [
            self._run(windows[first : first + _BATCH]) for first in range(0, len(windows), _BATCH)
        ]
        logits = np.concatenate(rows).astype(np.float64)
        if logits.ndim != 2 or logits.shape[1] <= max(self._labels):
            raise DetectorError(
                f"the classifier returns {logits.shape[1:]} numbers a text for "
                f"{len(self._labels)} labels.",
                hint="config.json and model.onnx are not of one model.",
            )
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
        return chances

    def _run(self, windows: Sequence[_Window]) -> NDArray[Any]:
        import numpy as np

        longest = max(len(window.tokens) for window in windows)
        tokens = np.zeros((len(windows), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, window in enumerate(windows):
            tokens[row, : len(window.tokens)] = window.tokens
            mask[row, : len(window.tokens)] = 1
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}
        feed = {name: array for name, array in given.items() if name in self._inputs}
        result: NDArray[Any] = self._session.run(None, feed)[0]
        return result

    def _finding(  # noqa: PLR0917 (the columns of a table)
        self, kind: str, start: int, end: int, score: float, severity: Severity, message: str
    ) -> Finding:
        return Finding(
            kind=kind,
            start=start,
            end=end,
            score=score,
            severity=severity,
            detector=self.name,
            version=self.version,
            message=message,
        )


def open_detector(argument: str) -> ClassifierDetector:
    """Return the detector of a folder; ``DetectorError`` if it has not what is needed."""
    if not argument:
        raise DetectorError(
            "classifier needs the folder of a model.",
            hint="Write classifier:FOLDER, with model.onnx, tokenizer.json and config.json in it.",
        )
    return ClassifierDetector(expanded(argument, DetectorError))


def _checked(folder: Path) -> list[Path]:
    paths = [folder / name for name in _FILES]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise DetectorError(
            f"the folder {folder} has no {', '.join(missing)}.",
            hint="Export the model to ONNX with its tokenizer.json and config.json.",
        )
    return paths


def _tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise DetectorError("tokenizers is not installed.", hint=_INSTALL) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise DetectorError(f"{path} is no tokenizer: {error}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise DetectorError("onnxruntime is not installed.", hint=_INSTALL) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the library's own errors have no common root
        raise DetectorError(f"{path} is no model that can be run: {error}.") from error


def _labels(path: Path) -> dict[int, str]:
    try:
        labels = json.loads(path.read_text("utf-8"))["id2label"]
        found = {int(number): str(label) for number, label in labels.items()}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise DetectorError(
            f"{path} does not say what its labels mean.",
            hint='It needs "id2label", such as {"0": "benign", "1": "injection"}.',
        ) from error
    if not any(label.lower() not in _HARMLESS for label in found.values()):
        raise DetectorError(f"{path} has no label for an attack: {', '.join(found.values())}.")
    return found


def _kind(label: str) -> str:
    name = "".join(letter if letter.isalnum() else "-" for letter in label.lower()).strip("-")
    return "classifier" if name in {"injection", "label-1", "1", "positive", ""} else name


def _digest(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        for block in _blocks(path):
            found.update(block)
    return found.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block
