"""A text as the ideas in it: what an attack asks for, whatever its words and its language.

``concept.yaml`` names the ideas ("ignore", "previous", "instruction", "secret" …) and their words.
The columns say which ideas are there, which begin a sentence, and which follow which, close by or
further off: "disregard your earlier rules" and "vergiss alle vorherigen Anweisungen" set the same
columns. Signs that are no words (fake chat markers, floods of one character, addresses) stand
beside the ideas.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
import yaml

from llmops_magics.guard.detectors.injection.feature import Columns

_NEAR: Final = 3  # words between two ideas that belong together
_FAR: Final = 12
_FOLLOWERS: Final = 8  # ideas after one that it is paired with
_SHORTEST_STEM: Final = 3
_LONGEST_STEM: Final = 12
_KEPT: Final = 40  # characters of a word whose ideas are kept in memory
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]{1,3})?|\d{1,20}|[.!?\n\u3002\uff01\uff1f\u0964]")
_STOPS: Final = frozenset(".!?\n\u3002\uff01\uff1f\u0964")
_DENSE: Final = re.compile(r"[\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

# Signs that are no words. Each is linear: no repeat stands within another.
_SIGNS: Final = (
    re.compile(r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id)"),
    re.compile(r"\[/?inst\]|<</?sys>>|</?s>"),
    re.compile(r"(?:^|\n)[\s#*\[<({-]{0,6}(?:system|admin|assistant|developer|sys)[\]>)} ]{0,3}:"),
    re.compile(
        r"[\[<{(](?:system|admin|user|assistant|end|stop|/user|/system|new)[^\n\]>})]{0,40}[\]>})]"
    ),
    re.compile(
        r"</?(?:information|important|instructions?|system|admin|prompt|secret)[ a-z_-]{0,20}>"
    ),
    re.compile(r"([^\w\s])\1{7}"),
    re.compile(r"(?:\b(\w{1,12})\W{1,3})\1\W{1,3}\1\W{1,3}\1\b"),
    re.compile(r"\[(?:insert|prompt|your|question|query)[^\]\n]{0,40}\]|\{\{ ?prompt"),
    re.compile(r"\b[\w.+-]{1,40}@[\w-]{1,40}\.[a-z]{2,10}\b"),
    re.compile(r"https?://|\bwww\.|\.com\b"),
    re.compile(r"<!--|-->|/\*|\*/"),
    re.compile(r"\bprint ?\(|\bexec\b|\beval ?\(|\bdef \w{1,40}\("),
    re.compile(r"\b[a-z]\w{0,5} ?= ?[\"'][^\"'\n]{1,80}[\"']"),
    re.compile(r"(?:^|\n)\s{0,3}(?:q|question|user|human|a|assistant|ai|bot) ?: "),
    re.compile(r"[a-z0-9+/]{40,200}={0,2}"),
    re.compile(r"(?:\b\w[ .-]){8}"),
    re.compile(r"\bfrom now on\b|\bfrom this (?:point|moment)\b|\bfor the rest of\b"),
    re.compile(r"\bdo anything now\b|\bstay in character\b|\bno matter what\b|\bin character\b"),
    re.compile(r"\bas an ai\b|\bai language model\b|\bi can(?:'t|not) (?:help|assist|comply)"),
    re.compile(
        r"\b(?:you are|you're|you will be|act as) (?:now )?(?:a |an |the )?"
        r"[a-z]{2,20}(?:gpt|bot|ai)\b"
    ),
    re.compile(r"\|[^|\n]{0,80}\|[^|\n]{0,80}\|"),
    re.compile(r"(?:^|\n)#{1,4} "),
    re.compile(r"(?:^|\n)\s{0,4}(?:[-*]|\d{1,2}[.)]) "),
    re.compile(r"```"),
)


class _Lexicon(NamedTuple):
    names: tuple[str, ...]
    words: dict[str, tuple[int, ...]]
    stems: dict[str, tuple[int, ...]]
    dense: re.Pattern[str]


def concept_columns(plain: str) -> Columns:
    """Return the columns of ``feature.normal`` text (with its line ends) that are set."""
    places, ideas = _ideas(plain)
    signs = [number for number, sign in enumerate(_SIGNS) if sign.search(plain)]
    size = count_ideas()
    single = np.array(ideas, dtype=np.int64)
    place = np.array(places, dtype=np.int64)
    parts = [single, size + 2 * size * size + np.array(signs, dtype=np.int64)]
    for step in range(1, _FOLLOWERS + 1):
        if len(single) <= step:
            break
        away = place[step:] - place[:-step]
        pair = single[:-step] * size + single[step:]
        close = (away <= _NEAR) & (away > 0)
        parts += [size + pair[close], size + size * size + pair[(away > _NEAR) & (away <= _FAR)]]
    return np.unique(np.concatenate(parts))


@cache
def count_ideas() -> int:
    """Return how many ideas there are, the beginning of a sentence among them."""
    return len(lexicon().names) + 1


def concept_width() -> int:
    """Return how many columns there are."""
    return count_ideas() + 2 * count_ideas() ** 2 + len(_SIGNS)


def _ideas(plain: str) -> tuple[list[int], list[int]]:
    known = lexicon()
    places, ideas = [0], [len(known.names)]
    number = 0
    for match in _TOKEN.finditer(plain):
        token = match.group()
        if token in _STOPS:
            places.append(number)
            ideas.append(len(known.names))
            continue
        number += 1
        for idea in _of_token(token) if len(token) <= _KEPT else _of_long(token):
            places.append(number)
            ideas.append(idea)
    return places, ideas


@lru_cache(maxsize=20_000)
def _of_token(token: str) -> tuple[int, ...]:
    return _of_long(token)


def _of_long(token: str) -> tuple[int, ...]:
    known = lexicon()
    found = known.words.get(token)
    if found:
        return found
    if _DENSE.match(token):
        return tuple(idea for hit in known.dense.findall(token[:400]) for idea in known.words[hit])
    for size in range(min(len(token), _LONGEST_STEM), _SHORTEST_STEM - 1, -1):
        found = known.stems.get(token[:size])
        if found:
            return found
    return ()


@cache
def lexicon() -> _Lexicon:
    """Return the ideas and their words."""
    path = files("llmops_magics.guard.detectors.injection").joinpath("concept.yaml")
    spec: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))
    words: dict[str, tuple[int, ...]] = {}
    stems: dict[str, tuple[int, ...]] = {}
    dense = set()
    for number, text in enumerate(spec.values()):
        for word in text.split():
            table, entry = (stems, word[:-1]) if word.endswith("*") else (words, word)
            table[entry] = tuple(dict.fromkeys((*table.get(entry, ()), number)))
            if _DENSE.match(entry):
                words[entry] = tuple(dict.fromkeys((*words.get(entry, ()), number)))
                dense.add(entry)
    longest_first = sorted(dense, key=lambda entry: (-len(entry), entry))
    return _Lexicon(tuple(spec), words, stems, re.compile("|".join(map(re.escape, longest_first))))
