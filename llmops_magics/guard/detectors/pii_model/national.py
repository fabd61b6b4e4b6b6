"""Identifiers of many nations, by the recognisers of Presidio that have a checksum.

What only has the right number of digits is not taken: a tenth of all numbers would be. Presidio's
recognisers of addresses in the web are not used: they fire on code, and one of them looks for its
list of domains in the network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detectors.pii_model.entity import Entity

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

# Recogniser and how its identifier looks: letters and digits, so that a plain number is none.
NAMES: Final = (
    "CryptoRecognizer",
    "EsNieRecognizer",
    "EsNifRecognizer",
    "FiPersonalIdentityCodeRecognizer",
    "InGstinRecognizer",
    "ItFiscalCodeRecognizer",
    "SgFinRecognizer",
    "UsMbiRecognizer",
)
VALID: Final = 1.0  # Presidio's score for what passed its checksum


def open_national() -> tuple[PatternRecognizer, ...]:
    """Return the recognisers; raises ``DetectorError`` if Presidio is not installed."""
    return _recognisers()


def national_entities(text: str) -> list[Entity]:
    """Return the identifiers in a text."""
    return [
        Entity(found.entity_type, found.start, found.end, found.score)
        for recogniser in _recognisers()
        for found in recogniser.analyze(text, recogniser.supported_entities)
        if found.score >= VALID
    ]


@lru_cache(maxsize=1)
def _recognisers() -> tuple[PatternRecognizer, ...]:
    try:
        from presidio_analyzer import predefined_recognizers
    except ImportError as error:
        raise DetectorError(
            "presidio-analyzer is not installed.", hint='pip install "llmops_magics[pii]"'
        ) from error
    makers: list[Callable[[], PatternRecognizer]] = [
        getattr(predefined_recognizers, name) for name in NAMES
    ]
    return tuple(make() for make in makers)
