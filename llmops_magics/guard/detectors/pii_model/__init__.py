"""``pii-model``: personal data with names and postal addresses; needs the extra ``pii``.

Four sources: the patterns of ``pii``, checksums of national identifiers (Presidio), a small ONNX
tagger (Rampart) and spaCy's recogniser of names. English, on the CPU, without a network. It reads
the first 2,000 tokens of a text, about 8,000 characters (``pii-model:20000`` reads more), and
says so in a finding of kind ``incomplete`` where there is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context, Detector
from llmops_magics.guard.detectors.personal import KINDS
from llmops_magics.guard.detectors.pii_model.entity import Entity
from llmops_magics.guard.detectors.pii_model.merge import merge, shaped_entities
from llmops_magics.guard.detectors.pii_model.names import DIGESTS as NAME_DIGESTS
from llmops_magics.guard.detectors.pii_model.names import name_entities, open_names
from llmops_magics.guard.detectors.pii_model.national import national_entities, open_national
from llmops_magics.guard.detectors.pii_model.tagger import DIGESTS as TAGGER_DIGESTS
from llmops_magics.guard.detectors.pii_model.tagger import open_tagger
from llmops_magics.guard.finding import INCOMPLETE, Finding
from llmops_magics.redaction import find_personal, outermost

MOST_TOKENS: Final = 2000  # of one text: about a second
_LEAST_TOKENS: Final = 100


class PiiModelDetector:
    """Patterns, checksums and two models together."""

    name = "pii-model"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self, most_tokens: int = MOST_TOKENS) -> None:
        self._tagger = open_tagger(most_tokens)
        open_names()
        open_national()
        weights = (TAGGER_DIGESTS["onnx/model_q4.onnx"], NAME_DIGESTS["ner/model"])
        self.version = "+".join(["1", *(digest[:8] for digest in weights), str(most_tokens)])

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return the personal data in a text."""
        return self.scan_many([text], context)[0]

    def scan_many(
        self,
        texts: Sequence[str],
        context: Context,  # noqa: ARG002
    ) -> Sequence[Sequence[Finding]]:
        """Return the personal data in each text; many at once are read quicker."""
        tagged, ends = self._tagger.tag(texts)
        read = [text[:end] for text, end in zip(texts, ends, strict=True)]
        named = name_entities(read)
        return [
            self._findings(text, part, [*entities, *names])
            for text, part, entities, names in zip(texts, read, tagged, named, strict=True)
        ]

    def _findings(self, text: str, read: str, models: list[Entity]) -> list[Finding]:
        sure = [Entity(*found, 1.0) for found in outermost(find_personal(text))]
        sure += national_entities(read)
        entities = merge(text, sure, [*models, *shaped_entities(read)])
        found = [self._finding(entity) for entity in entities]
        if len(read) < len(text):
            found.append(self._rest(len(read), len(text)))
        return found

    def _finding(self, entity: Entity) -> Finding:
        severity, words = KINDS[entity.label]
        return Finding(
            kind=f"pii.{entity.label}",
            start=entity.start,
            end=entity.end,
            score=round(entity.score, 4),
            severity=severity,
            detector=self.name,
            version=self.version,
            message=words,
        )

    def _rest(self, start: int, end: int) -> Finding:
        return Finding(
            kind=INCOMPLETE,
            start=start,
            end=end,
            score=1.0,
            severity="medium",
            detector=self.name,
            version=self.version,
            message=f"only the first {start} characters were read for names and addresses",
        )


def open_detector(argument: str) -> Detector:
    """Return the detector; the argument is how many tokens of a text it reads, 2,000 without."""
    if not argument:
        return PiiModelDetector()
    if not (argument.isascii() and argument.isdigit() and int(argument) >= _LEAST_TOKENS):
        raise DetectorError(
            f"'pii-model:{argument}' names no number of tokens.",
            hint=f"Give at least {_LEAST_TOKENS}, such as pii-model:{MOST_TOKENS}.",
        )
    return PiiModelDetector(int(argument))
