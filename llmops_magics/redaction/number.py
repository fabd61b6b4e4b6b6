"""Which digits are a card, an account, a social security number, an address of the internet.

Checksums and the ranges that are given out tell them from time stamps, identifiers and versions.
"""

from __future__ import annotations

import re
from typing import Final

_CARD_PREFIXES: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    # digits: first and last prefix (ISO/IEC 7812; Maestro has 12 to 19)
    12: ((5018, 5018), (5020, 5020), (5038, 5038), (5893, 5893), (6304, 6304), (6759, 6763)),
    13: ((4000, 4999),),
    14: ((3000, 3059), (3095, 3095), (3600, 3699), (3800, 3999)),
    15: ((1800, 1800), (2131, 2131), (3400, 3499), (3700, 3799)),
    16: ((2200, 2204), (2221, 2720), (3000, 3999), (4000, 4999), (5000, 5999), (6000, 6999)),
    17: ((5000, 5099), (5600, 5899), (6000, 6999)),
    18: ((5000, 5099), (5600, 5899), (6000, 6999)),
    19: ((4000, 4999), (5000, 5099), (5600, 5899), (6000, 6999)),
}
# Country and length of an account number (ISO 13616, register of 2025).
_IBANS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
    "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
    "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
    "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
_IBAN_LENGTHS: Final = {entry[:2]: int(entry[2:]) for entry in _IBANS.split()}
_CARD_WORD = re.compile(r"(?i)\b(?:cards?|cc|visa|mastercard|maestro|amex|credit|debit)\b")
_IP_WORD = re.compile(r"(?i)\b(?:ips?|ipv[46]|addr(?:ess)?|hosts?|servers?|from|ping|client)\b")
_VERSION_WORD = re.compile(
    r"(?i)(?:\bv|[\w\]][=<>~!]=? ?|\b(?:version|release|build|section|chapter|table|figure|clause)"
    r"s? {0,2}|[A-Za-z][\w]{0,30}-)$"
)
_NEAR: Final = 40  # characters before a number in which a word says what it is


def before(match: re.Match[str], characters: int = _NEAR) -> str:
    """Return the text just before a match."""
    start = match.start()
    return match.string[max(0, start - characters) : start]


def passes_luhn(digits: str) -> bool:
    """Tell whether a number ends with its check digit (ISO/IEC 7812-1)."""
    values = [int(c) for c in digits]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in values[-2::-2]]
    return (sum(values[-1::-2]) + sum(doubled)) % 10 == 0


def card(match: re.Match[str]) -> tuple[int, int] | None:
    """Take a card: check digit, and a prefix that cards of this length have, or the word."""
    digits = "".join(c for c in match.group() if c.isdigit())
    if len(set(digits)) == 1 or not passes_luhn(digits):
        return None
    prefix = int(digits[:4])
    known = any(low <= prefix <= high for low, high in _CARD_PREFIXES[len(digits)])
    return match.span() if known or _CARD_WORD.search(before(match)) else None


def iban(match: re.Match[str]) -> tuple[int, int] | None:
    """Take as much as an account number of the country has, if its check digits (97) hold."""
    length = _IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
    taken, end = "", match.start()
    for character in match.group():
        if len(taken) == length:
            break
        taken += character if character != " " else ""
        end += 1
    if not length or len(taken) != length or match.string[end : end + 1].isalnum():
        return None
    rotated = taken[4:] + taken[:4]
    holds = int("".join(str(int(c, 36)) for c in rotated)) % 97 == 1
    return (match.start(), end) if holds else None


def ssn(match: re.Match[str]) -> tuple[int, int] | None:
    """Take a number that the Social Security Administration may have given out."""
    digits = "".join(c for c in match.group("number") if c.isdigit())
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    real = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return match.span("number") if real else None


def ipv4(match: re.Match[str]) -> tuple[int, int] | None:
    """Take an address that is somebody's: no loopback, no mask, no version, no numbering."""
    parts = [int(part) for part in match.group().split(".")]
    if max(parts) > 255 or parts[0] in {0, 127} or parts[:3] == [255, 255, 255]:
        return None
    words = before(match)
    if _VERSION_WORD.search(words):
        return None
    looks_numbered = max(parts) < 32
    return None if looks_numbered and not _IP_WORD.search(words) else match.span()


def ipv6(match: re.Match[str]) -> tuple[int, int] | None:
    """Take an address that is somebody's; ``a::b`` is one by the standard, and rarely meant so."""
    import ipaddress

    try:
        address = ipaddress.IPv6Address(match.group())
    except ValueError:
        return None
    groups = [group for group in match.group().split(":") if group]
    if address.is_loopback or not any(c.isdigit() for c in match.group()):
        return None
    meant = len(groups) > 3 or (len(groups) > 1 and len(groups[0]) > 2)
    return match.span() if meant else None
