"""How a sentence stands to its matter: denial, opposites, speaking of oneself, no claim."""

from __future__ import annotations

import re

DENIAL = re.compile(
    r"\b(?:no|not|never|nor|neither|none|nobody|nothing|without|cannot|unable|fail(?:s|ed)? to"
    r"|(?:do|does|did|is|was|are|ca|wo|should|would|could)nt)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
BUT = re.compile(r"\bbut\b", re.IGNORECASE)
REFUSAL = re.compile(
    r"\bI (?:do not|don['\u2019]t|cannot|can['\u2019]t|could not|couldn['\u2019]t) "
    r"(?:know|find|answer|tell|say|see|help|have (?:any|enough|that|this|the))\b"
    r"|\bI(?:['\u2019]m| am) (?:not (?:sure|able)|unable|sorry|afraid)\b"
    r"|\b(?:context|documents?|passages?|text|sources?|articles?) (?:\w{1,40} )?"
    r"(?:does not|doesn['\u2019]t|do not|don['\u2019]t) (?:mention|say|state|contain|specify)\b"
    r"|\b(?:no information|not mentioned in the)\b",
    re.IGNORECASE,
)
COURTESY = re.compile(
    r"\A\W*+(?:I hope (?:this|that|it) helps"
    r"|I(?:['\u2019]d| would|['\u2019]m| am) (?:be )?(?:happy|glad) to"
    r"|(?:please )?(?:let me know|feel free)\b|thanks?\b(?: you)?|you(?:['\u2019]re| are) welcome"
    r"|I apologi[sz]e|is there anything else)\b",
    re.IGNORECASE,
)
HEDGE = re.compile(
    r"^\W*(?:no|nope)\s*[,.!]|\bno kidding\b"
    r"|(?:\bI(?:['\u2019]m| am) )?(?:\b(?:really|honestly) )?\bnot (?:\w+ )?sure\b"
    r"|\bI(?:['\u2019]m| am) (?:sure|afraid|sorry)\b"
    r"|\bI (?:do not|don['\u2019]t),? but\b"
    r"|\bI(?:['\u2019](?:ve|d)| have| had| do| did)?(?: not|n['\u2019]t| never| also)? "
    r"(?:know|knew|think|thought|believe|guess|suppose|hear|heard|read|see|seen|understand)\b",
    re.IGNORECASE,
)
_TEXT = r"(?:the|this|that)(?: \w+)? (?:article|context|document|information|passage|source|text)s?"
ATTRIBUTION = re.compile(
    rf"^\W*(?:(?:according to|based on|as per) {_TEXT}"
    rf"|{_TEXT} (?:\w+ly )?(?:describe|explain|indicate|mention|note|say|show|state|suggest)s?"
    r"(?: that)?)\b,?",
    re.IGNORECASE,
)
PERSONAL = re.compile(r"\b(?:I|me|my|mine|myself)\b", re.IGNORECASE)
OPPOSITES: dict[str, set[str]] = {}
for _pair in (
    *("more/less", "more/fewer", "most/least", "increase/decrease", "increased/decreased"),
    *("increases/decreases", "rise/fall", "rises/falls", "rose/fell", "higher/lower", "high/low"),
    *("before/after", "always/never", "all/none", "first/last", "earlier/later", "early/late"),
    *("larger/smaller", "bigger/smaller", "large/small", "longer/shorter", "long/short"),
    *("open/closed", "open/close", "opens/closes", "win/lose", "won/lost", "wins/loses"),
    *("accept/reject", "accepted/rejected", "allow/forbid", "allowed/forbidden"),
    *("permitted/forbidden", "include/exclude", "included/excluded", "includes/excludes"),
    *("cheaper/dearer", "cheap/expensive", "free/paid", "north/south", "east/west"),
    *("northern/southern", "eastern/western", "inside/outside", "hot/cold", "warm/cold"),
    *("older/younger", "old/young", "old/new", "safe/dangerous", "success/failure"),
    *("succeeded/failed", "minimum/maximum", "above/below", "over/under", "true/false", "on/off"),
    *("enable/disable", "enabled/disabled", "enables/disables", "possible/impossible", "up/down"),
    *("with/without", "monthly/yearly", "daily/weekly", "public/private", "likely/unlikely"),
    *("legal/illegal", "buy/sell", "bought/sold", "start/end", "starts/ends", "begin/end"),
    *("begins/ends", "morning/evening", "left/right", "positive/negative", "better/worse"),
    *("best/worst", "husband/wife", "father/mother", "son/daughter", "brother/sister"),
):
    _one, _other = _pair.split("/")
    OPPOSITES.setdefault(_one, set()).add(_other)
    OPPOSITES.setdefault(_other, set()).add(_one)


def denies(sentence: str) -> bool:
    """Tell whether it denies something, beyond "I am not sure"."""
    return DENIAL.search(HEDGE.sub(" ", sentence)) is not None


def claims_nothing(sentence: str) -> bool:
    """Tell whether it only says that there is no answer, or is a courtesy."""
    is_refusal = REFUSAL.search(sentence) is not None and BUT.search(sentence) is None
    return is_refusal or COURTESY.match(sentence) is not None


def drop_attribution(sentence: str) -> str:
    """Return what is left without "The article states that" or "According to the context,"."""
    return ATTRIBUTION.sub("", sentence)


def is_personal(sentence: str) -> bool:
    """Tell whether it speaks of the speaker, beyond "I think" and "I am not sure"."""
    return PERSONAL.search(HEDGE.sub(" ", sentence)) is not None


def opposite_words(claim: set[str], source: set[str]) -> list[str]:
    """Return the claim's words whose opposite the source has instead."""
    return sorted(
        word
        for word in claim - source
        if word in OPPOSITES and OPPOSITES[word] & source and not OPPOSITES[word] & claim
    )
