"""Numbers with their units, spelled as digits or words: "5 to 7 days", "twenty-one days", "£4.80".

Only what can be compared safely counts: a number's value, and a unit of a fixed list right beside
it. Nothing is converted: 60 minutes are not an hour here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[%$€£°]", re.UNICODE)
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
UNITS = {
    spelling: group.split()[0]
    for group in (
        *("second seconds sec secs", "minute minutes min mins", "hour hours hr hrs", "day days"),
        *("week weeks", "month months", "year years", "decade decades", "century centuries"),
        *("percent %", "dollar dollars $ usd", "euro euros € eur", "pound pounds £ gbp"),
        *("cent cents", "km kilometre kilometres kilometer kilometers", "mile miles"),
        *("metre metres meter meters", "cm centimetre centimetres centimeter centimeters"),
        *("mm millimetre millimetres millimeter millimeters", "foot feet ft", "inch inches"),
        *("kg kilogram kilograms kilo kilos", "gram grams", "mg milligram milligrams"),
        *("tonne tonnes ton tons", "litre litres liter liters", "watt watts"),
        *("ml millilitre millilitres milliliter milliliters", "kw kilowatt kilowatts"),
        *("volt volts", "mb megabyte megabytes", "gb gigabyte gigabytes", "tb terabyte terabytes"),
        *(
            "mhz",
            "ghz",
            "hundred",
            "thousand",
            "million",
            "billion",
            "trillion",
            "degree degrees °",
        ),
    )
    for spelling in group.split()
}
BEFORE = {"$": "dollar", "€": "euro", "£": "pound"}
RANGE = ("to", "or", "and")
ONES = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1
    )
}
TEENS = {
    word: number
    for number, word in enumerate(
        (
            *("ten", "eleven", "twelve", "thirteen", "fourteen"),
            *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ),
        10,
    )
}
TENS = {
    word: 10 * number
    for number, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2
    )
}
NUMBER_WORDS = {word: n for word, n in (ONES | TEENS | TENS).items() if n > 1}


class Quantity(NamedTuple):
    """A number in digits, and the unit beside it, "" for none that is known."""

    number: str
    unit: str


def quantities(text: str) -> list[Quantity]:
    """Return the numbers in order; the word "one" is none of them."""
    tokens = TOKEN.findall(text.casefold())
    found: list[Quantity] = []
    place = 0
    while place < len(tokens):
        number, end = _number(tokens, place)
        if number:
            found.append(Quantity(number, _unit(tokens, place, end)))
        place = end
    return found


def _number(tokens: list[str], place: int) -> tuple[str, int]:
    """Return the number that starts here, "" for none, and the place after it."""
    token, end = tokens[place], place + 1
    if token[0].isdigit():
        return plain_number(token), end
    if token in TENS:
        rest = ONES.get(tokens[end], 0) if end < len(tokens) else 0
        return str(TENS[token] + rest), end + bool(rest)
    return str(NUMBER_WORDS.get(token, "")), end


def _unit(tokens: list[str], start: int, end: int) -> str:
    if start and tokens[start - 1] in BEFORE:
        return BEFORE[tokens[start - 1]]
    after = tokens[end : end + 3]
    if after and after[0] in UNITS:
        return UNITS[after[0]]
    is_range = len(after) == len(RANGE) and after[0] in RANGE
    return UNITS.get(after[2], "") if is_range else ""


def plain_number(digits: str) -> str:
    """Spell 1,000 as 1000 and 3.50 as 3.5."""
    if GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", digits):
        digits = digits.rstrip("0").rstrip(".")
    return digits
