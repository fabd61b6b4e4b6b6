"""Personal data by shape, checksum and the words that stand before it.

A number alone is rarely anybody's: national telephone numbers need a word such as "call" before
them, unless their shape is that of one country's numbers and of nothing else.
"""

from __future__ import annotations

import re
from typing import Final

from llmops_magics.redaction import number
from llmops_magics.redaction.number import before
from llmops_magics.redaction.pattern import OUTLINE, SMALL, Pattern, pattern

_EMAIL = (
    r"\b[\w.%+-]{1,64}@[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[\w-]{1,63}){0,4}\.[^\W\d_][\w-]{1,23}\b"
)
_PICTURE = re.compile(r"(?i)@[0-9]x\.[a-z]{3,4}$")  # logo@2x.png
_PASSWORD = re.compile(r"://[^\s/@:]{1,80}:[^\s/@]{0,80}$")  # what is before a host is no mailbox
_IBAN = r"(?i)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_CARD = r"(?<!\d\.)\b\d(?:[ -]?\d){11,18}\b(?!\.\d)"
_SSN = r"\b(?P<number>\d{3}-\d{2}-\d{4})\b"
_SSN_NAMED = (
    r"(?i)\b(?:ssn|social security(?: number| no\.?)?)\b[^\w\n]{0,4}(?:is |was )?"
    r"(?P<number>\d{3}[ .]?\d{2}[ .]?\d{4})(?!\w)"
)
_INTERNATIONAL = r"(?<![\w.])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b"
_DIALLED = r"(?<![\w.,+#-])(?<!\d )00[1-9]\d{0,2}[ .-](?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}\b"
# The North American plan, area and exchange parted.
_AMERICAN = (
    r"(?<![\w.,+#$(-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}(?P<part>[.-]))"
    r"[2-9]\d{2}(?(part)(?P=part)|[ .-])\d{4}(?:(?: x| ext\.? ?)\d{1,5})?(?![\w-])"
)
_NATIONAL = (
    r"(?<![\w.,+#$€£/:=(-])\(?\d{2,13}\)?(?:[ ./-]\(?\d{2,8}\)?){0,5}(?![\w%€$£]|[ .,/:-]?\d)"
)
_CALL = re.compile(
    r"(?i)\b(?:(?:tele)?phone|tel|mobile|cell(?:phone)?|fax|call(?:s|ed|ing)?|dial(?:ling)?|sms|"
    r"text(?:ed|ing)? (?:me|us|to)|whatsapp|signal|telegram|reach(?:ed)? (?:me|us|him|her|you)|"
    r"contact|hotline|helpline|messages? (?:to|on|at|from)|message me|ring (?:me|us)|landline|"
    r"my (?:registered|number)|phone number|tel[eé]fono|m[oó]vil|celular|telef[oô]n|telefone|"
    r"telefoon|t[eé]l[eé]phone|portable|handy|mobil|rufnummer|cellulare|puhelin|telefono)\b"
)
_NOT_A_CALL = re.compile(
    r"(?i)\b(?:id|ticket|order|invoice|account|error|code|case|card|line|port|version|ref|zip)\b"
)
_DATE = re.compile(r"(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d)\b")


def _address(match: re.Match[str]) -> tuple[int, int] | None:
    is_none = _PICTURE.search(match.group()) or _PASSWORD.search(before(match, 170))
    return None if is_none else match.span()


def _called(match: re.Match[str]) -> tuple[int, int] | None:
    """Take a number of 7 to 13 digits that a word before it says one calls."""
    digits = sum(c.isdigit() for c in match.group())
    if not 7 <= digits <= 13 or _DATE.match(match.group()):
        return None
    words = before(match, 32)
    calls = list(_CALL.finditer(words))
    return match.span() if calls and not _NOT_A_CALL.search(words, calls[-1].end()) else None


PERSONAL: Final[tuple[Pattern, ...]] = (
    pattern("email", "@", _EMAIL, settle=_address),
    pattern("iban", "000", _IBAN, settle=number.iban, place=OUTLINE),
    pattern("card", "0" * 12, _CARD, settle=number.card, place=OUTLINE),
    pattern("ssn", "0" * 9, _SSN, settle=number.ssn, place=OUTLINE),
    pattern("ssn", "ssn", _SSN_NAMED, settle=number.ssn, place=SMALL),
    pattern("ssn", "social s", _SSN_NAMED, settle=number.ssn, place=SMALL),
    pattern("phone", "+", _INTERNATIONAL),
    pattern("phone", "00", _DIALLED, marks="00", place=OUTLINE),
    pattern("phone", "000", _AMERICAN, place=OUTLINE),
    pattern("phone", "00", _NATIONAL, settle=_called, place=OUTLINE),
    pattern(
        "ip",
        "0.0",
        r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w-]|\.\w)",
        settle=number.ipv4,
        place=OUTLINE,
    ),
    pattern(
        "ip",
        ":",
        r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.\w)",
        settle=number.ipv6,
    ),
)
