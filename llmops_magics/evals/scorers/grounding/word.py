"""Words as evidence: which of them say something, how much, and which count as the same word.

A word of grammar says nothing. A word that any talk is full of ("really", "found", "time") says
little: an answer may use it freely. Any other must come from somewhere. English only.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from llmops_magics.evals.scorers.grounding.quantity import NUMBER_WORDS, plain_number
from llmops_magics.evals.scorers.text import words

FUNCTION_WORDS = frozenset(
    (  # noqa: SIM905  (as literals they would fill the page)
        "a about an and are as at also be been being but by can could d did do does down for "
        "from had has have he her here his how i if in into is it its just ll m may me might "
        "must my no not of on or our out over re s shall she should so t than that the their "
        "them then there these they this those to under up us ve very was we were what when "
        "where which who whom why will with would yes you your "
    ).split()
)
TALK = frozenset(
    (  # noqa: SIM905
        "absolutely additionally again agree ah all although am amazing any anything apparently "
        "awesome because believe both certainly cool course crazy definitely else enjoy etc even "
        "ever everything exactly fun funny furthermore get go goes going good got great guess ha "
        "haha hear heard hello hey hi however including indeed interesting interestingly kind knew "
        "know let like lol lot lots made make makes many maybe mean means moreover much need "
        "nice nope now oh ok okay one ones other overall people perhaps please pretty probably "
        "quite really right said say says see seem seems since some someone something sort sound "
        "sounds still such sure tell thank thanks therefore thing things think though thought thus "
        "too true use used various want wanted way well while wonder wow yeah yep yes "
    ).split()
)
COMMON = frozenset(
    (  # noqa: SIM905
        "able across actually after against almost along already always among another answer area "
        "areas around away back base based became become becomes before begin beginning between "
        "big call called calls came child children city come company country create created day "
        "days different during each early end ended especially every example fact facts famous "
        "favorite favourite feel felt few film find first form forms found friend friends family "
        "give given gives group help helps high home house huge idea important include included "
        "includes instead keep known large last late later life little live lived lives living "
        "long look looking looks low main major man men more most movie name named never new "
        "number often old own part parts person place places play played plays point popular put "
        "question reason same several short show small sometimes soon start started starting "
        "state story take taken takes talk talking through time times today together took tried "
        "try type types usually watch watched within without woman women work worked working "
        "works world year years yet young "
    ).split()
)
TALK_WEIGHT, COMMON_WEIGHT = 0.1, 0.3
SUFFIXES = (
    *("ings", "ing", "edly", "ed", "ies", "ied", "es", "s", "ly", "ments", "ment"),
    *("ers", "er", "ors", "or", "ions", "ion", "al"),
)
STEM_LENGTH = 3
SPOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)
TITLE_SHARE = 0.7  # of words in capitals: a heading or a shout, in which capitals name nothing


@dataclass(frozen=True)
class Word:
    """A word that says something: as written, what it counts as, and how much it says (0 to 1)."""

    text: str
    stem: str
    weight: float


def content_words(sentence: str) -> list[Word]:
    """Return the words that say something, in order, repeated ones too."""
    return [Word(w, stem(w), _weight(w)) for w in words(sentence) if not _is_grammar(w)]


def name_stems(sentence: str) -> set[str]:
    """Return the stems of what is written like a name: a capital, and not the first word."""
    spoken = SPOKEN.findall(unicodedata.normalize("NFKC", sentence))
    if sum(word[0].isupper() for word in spoken) > TITLE_SHARE * len(spoken):
        return set()
    capitals = (word.casefold() for word in spoken[1:] if word[0].isupper())
    return {stem(word) for word in capitals if word not in FUNCTION_WORDS and word not in TALK}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Cut accents and one common English ending; crude, but both sides are cut alike.

    A number is spelled in digits: "four" is "4".
    """
    if word[0].isdigit():
        return plain_number(word)
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    plain = unicodedata.normalize("NFD", word)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"['\u2019]s$", "", plain)
    for suffix in SUFFIXES:
        if plain.endswith(suffix) and len(plain) - len(suffix) >= STEM_LENGTH:
            plain = plain[: -len(suffix)]
            break
    if len(plain) <= STEM_LENGTH:
        return plain
    if plain[-1] == plain[-2] and plain[-1] not in "aeiouls":
        plain = plain[:-1]  # running, stopped
    short = plain.rstrip("eiy")
    return short if len(short) >= STEM_LENGTH else plain


def _is_grammar(word: str) -> bool:
    """Tell whether it is a word of grammar, or short for two: it's, we'll, don't."""
    first, *rest = re.split("['\u2019]", word)
    return word in FUNCTION_WORDS or (bool(rest) and (first in FUNCTION_WORDS or rest == ["t"]))


def _weight(word: str) -> float:
    if word in TALK:
        return TALK_WEIGHT
    return COMMON_WEIGHT if word in COMMON else 1.0
