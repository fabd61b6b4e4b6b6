"""One list of personal data from what patterns, checksums and two models say of a text.

Models see numbers everywhere, so a number counts only with the word that says what it is. Parts of
one name or address become one span. Where two sources disagree on a span, the surer one wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from llmops_magics.guard.detectors.pii_model.entity import Entity

# The kind of each label, ours. Those that are missing are not used.
KIND_OF: Final = {
    "GIVEN_NAME": "person",
    "SURNAME": "person",
    "PERSON": "person",
    "BUILDING_NUMBER": "address",
    "STREET_NAME": "address",
    "SECONDARY_ADDRESS": "address",
    "CITY": "location",
    "STATE": "location",
    "GPE": "location",
    "LOC": "location",
    "ZIP_CODE": "postcode",
    "ORG": "organization",
    "NORP": "nationality",
    "DATE": "date",
    "AGE": "age",
    "EMAIL": "email",
    "PHONE": "phone",
    "TAX_ID": "tax-id",
    "BANK_ACCOUNT": "bank-account",
    "ROUTING_NUMBER": "bank-account",
    "GOVERNMENT_ID": "national-id",
    "PASSPORT": "passport",
    "DRIVERS_LICENSE": "driving-licence",
    "CRYPTO": "crypto-wallet",
    "IT_FISCAL_CODE": "tax-id",
    "IN_GSTIN": "tax-id",
    "ES_NIE": "national-id",
    "ES_NIF": "national-id",
    "FI_PERSONAL_IDENTITY_CODE": "national-id",
    "SG_NRIC_FIN": "national-id",
    "US_MBI": "national-id",
}
# A number that a model names counts if one of these words stands before it, or just after.
_SAYS: Final = {
    "tax-id": re.compile(r"(?i)\b(?:tax|tin|itin|ein|vat|fiscal|steuer)"),
    "bank-account": re.compile(r"(?i)\b(?:account|acct|bank|routing|aba|sort code|iban|transfer)"),
    "national-id": re.compile(
        r"(?i)\b(?:id|identity|identification|national|social|ssn|nhs|medicare|insurance|licen[cs]e)\b"
    ),
    "passport": re.compile(r"(?i)\bpassport"),
    "driving-licence": re.compile(r"(?i)\b(?:driv|licen[cs]e|permit|dl\b)"),
    "postcode": re.compile(r"(?i)\b(?:zip|postal|post ?code|plz)"),
    "phone": re.compile(r"(?i)\b(?:phone|tel|mobile|cell|fax|call|dial|text|message|reach|number)"),
}
_NEAR: Final = 48
_PLACES: Final = frozenset({"address", "location", "postcode"})
# What stands between two parts of one address: signs, and up to two letters of a country.
_BETWEEN = re.compile(r"[\s,.>?|/()-]{0,8}(?:[A-Z]{2}\b)?[\s,.>?|/()-]{0,8}")
_BETWEEN_NAMES = re.compile(r"[ \t\xa0.'’-]{0,3}(?:[A-Z]\.?[ \t\xa0]{1,2})?")  # noqa: RUF001
_HONORIFIC = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|mme|herr|frau|se[nñ]or|se[nñ]ora)\.?\s$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?i)\b(?:apt|apartment|suite|unit|p\.?o\.? ?box|psc|box)\.? ?#?\d{1,5}\b"
    r"(?:,? ?box \d{1,5})?(?:\s(?:[ADF]PO|FPO) (?:AA|AE|AP) \d{5}\b)?"
)
_AGE = re.compile(
    r"(?i)\b(?:age[d]?(?: of)?|turn(?:ed|s|ing)?|i am|i'm|he is|she is) "
    r"(?P<a>\d{1,3})\b(?![.,:/%-]?\d)|\b(?P<b>\d{1,3})[ -]years?[ -]olds?\b"
)
_BORN = re.compile(r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)\b")


def shaped_entities(text: str) -> list[Entity]:
    """Return what a shape tells: units of an address, ages, dates of a day."""
    found = [Entity("SECONDARY_ADDRESS", m.start(), m.end(), 0.95) for m in _UNIT.finditer(text)]
    for match in _AGE.finditer(text):
        group = "a" if match["a"] else "b"
        found.append(Entity("AGE", match.start(group), match.end(group), 0.9))
    return found + [Entity("DATE", m.start(), m.end(), 0.9) for m in _BORN.finditer(text)]


def merge(text: str, sure: Iterable[Entity], models: Iterable[Entity]) -> list[Entity]:
    """Return entities whose labels are kinds, by place; ``sure`` ones stay as they are."""
    kept = [_named(entity) for entity in sure]
    known = [_named(entity) for entity in models if entity.label in KIND_OF]
    rest = [e for e in known if e.label not in _PLACES and e.label != "person"]
    numbers = [e for e in rest if e.label in _SAYS and _is_said(text, e)]
    places = _addresses(text, [e for e in known if e.label in _PLACES])
    persons = [_with_honorific(text, e) for e in _persons(text, known)]
    others = [e for e in rest if e.label not in _SAYS]
    marks = bytearray(len(text))
    _mark(marks, kept)
    for group in (numbers, places, persons, others):
        for entity in sorted(group, key=lambda e: e.start - e.end):  # the longest first
            if sum(marks[entity.start : entity.end]) * 2 < entity.end - entity.start:
                kept.append(entity)
                _mark(marks, [entity])
    return sorted(kept, key=lambda e: (e.start, -e.end))


def _named(entity: Entity) -> Entity:
    return entity._replace(label=KIND_OF.get(entity.label, entity.label))


def _persons(text: str, known: Sequence[Entity]) -> list[Entity]:
    parts = [e for e in known if e.label == "person"]
    return [_whole(group, "person") for group in _groups(text, parts, _BETWEEN_NAMES)]


def _addresses(text: str, parts: Sequence[Entity]) -> list[Entity]:
    """Join parts of addresses; a postcode or a house number that stands alone needs its word."""
    joined = []
    for group in _groups(text, parts, _BETWEEN):
        kinds = {part.label for part in group}
        label = next(kind for kind in ("address", "location", "postcode") if kind in kinds)
        whole = _whole(group, label)
        alone = len(group) == 1 and not any(c.isalpha() for c in text[whole.start : whole.end])
        if alone and not _is_said(text, whole._replace(label="postcode")):
            continue
        joined.append(whole)
    return joined


def _is_said(text: str, entity: Entity) -> bool:
    """Tell whether a word near a number says that it is one of its kind."""
    if sum(c.isdigit() for c in text[entity.start : entity.end]) < 3:
        return False
    near = text[max(0, entity.start - _NEAR) : entity.start] + text[entity.end : entity.end + 16]
    return bool(_SAYS[entity.label].search(near))


def _with_honorific(text: str, person: Entity) -> Entity:
    before = text[max(0, person.start - 12) : person.start]
    match = _HONORIFIC.search(before)
    return person._replace(start=person.start - len(before) + match.start()) if match else person


def _groups(text: str, entities: Sequence[Entity], between: re.Pattern[str]) -> list[list[Entity]]:
    """Return runs of entities that overlap or have only this between them, by place."""
    groups: list[list[Entity]] = []
    end = 0
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        if groups and (entity.start < end or between.fullmatch(text, end, entity.start)):
            groups[-1].append(entity)
            end = max(end, entity.end)
        else:
            groups.append([entity])
            end = entity.end
    return groups


def _whole(group: Sequence[Entity], label: str) -> Entity:
    end = max(entity.end for entity in group)
    return Entity(label, group[0].start, end, max(entity.score for entity in group))


def _mark(marks: bytearray, entities: Iterable[Entity]) -> None:
    for entity in entities:
        marks[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
