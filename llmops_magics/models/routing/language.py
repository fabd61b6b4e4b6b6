"""Which language a text is in, told by its script and by its commonest words; or that nobody knows.

No library: ``lingua`` and ``fastText`` bring 100 MB of models, ``langdetect`` has had no release
since 2021 and answers by a draw of lots unless seeded, ``langid`` loads its model for half a
second. A route needs less: the language of a request, from a few that one has models for, without
a wrong guess. So a script that one language writes decides, and among those that write Latin
letters, function words. Fewer than two of these, or a draw, is "": no rule with a language fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

LOOKED_AT = 2_000  # characters
ENOUGH = 2  # function words
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_SCRIPTS = (  # the first that at least a third of all letters are of
    ("ja", re.compile("[\u3040-\u30ff\u31f0-\u31ff]"), 0.1),  # kana among Chinese characters
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]"), 0.3),
    ("zh", re.compile("[\u3400-\u9fff\uf900-\ufaff]"), 0.3),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), 0.3),
    ("he", re.compile("[\u0590-\u05ff]"), 0.3),
    ("hi", re.compile("[\u0900-\u097f]"), 0.3),
    ("th", re.compile("[\u0e00-\u0e7f]"), 0.3),
)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_LATIN: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and of to is are was what how i you it that this with for not have my can do "
        "does please why where when who which your we be in on",
        "de": "der die das und ist nicht ich ein eine einen mit für auf wie was bitte sie wir zu "
        "den dem von im kann habe mein warum wo wann wer es auch sind",
        "fr": "le la les et est je un une des du que qui pour dans pas vous nous avec sur ce mon "
        "ma comment pourquoi quel quelle s'il où c'est j'ai de au en",
        "es": "el la los las y es un una que de en por para con no mi cómo qué cuál dónde está "
        "puedo tengo favor se lo del al yo cuándo quiero",
        "it": "il lo la gli e è un una che di per con non mi come cosa quale dove sono ho questo "
        "della del nel posso perché vorrei i quando si",
        "pt": "o a os as e é um uma que de em por para com não meu minha como qual onde está "
        "posso tenho você do da no na eu quando quero obrigado",
        "nl": "de het een en is niet ik van in op met voor wat hoe dat die zijn mijn kan u wij "
        "waar waarom wanneer wie te heb naar er",
    }.items()
}


def language_of(text: str) -> str:
    """Return the language's code of two letters, "" where it is not told."""
    beginning = text[:LOOKED_AT]
    letters = len(_LETTER.findall(beginning))
    if not letters:
        return ""
    if not beginning.isascii():
        found = _by_script(beginning, letters)
        if found:
            return found
    return _by_words(beginning)


def _by_script(text: str, letters: int) -> str:
    for language, script, share in _SCRIPTS:
        if len(script.findall(text)) >= share * letters:
            return language
    if len(_CYRILLIC.findall(text)) >= letters / 3:
        is_either = bool(_UKRAINIAN.search(text)), bool(_RUSSIAN.search(text))
        return {(True, False): "uk", (False, True): "ru"}.get(is_either, "")
    if len(_ARABIC.findall(text)) >= letters / 3:
        return "fa" if _PERSIAN.search(text) else "ar"
    return ""


def _by_words(text: str) -> str:
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
    hits = Counter({code: sum(w in own for w in words) for code, own in _LATIN.items()})
    (first, most), (_, next_most) = hits.most_common(2)
    return first if most >= ENOUGH and most > next_most else ""
