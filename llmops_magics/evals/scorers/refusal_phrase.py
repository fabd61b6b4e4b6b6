"""The phrases by which an answer refuses, in nine languages.

Every pattern is linear: literals and short bounded gaps, tried on at most ``HEAD + TAIL``
characters. Those that say a document lacks the answer are here too.
"""

from __future__ import annotations

import re

from llmops_magics.evals.scorers.text import squeeze

HEAD = 350
TAIL = 200

# One pattern a language; lines are joined without their indentation.
LANGUAGES = {
    "en": r"""
        \bi(?:'m| am)(?: \w+){0,2} (?:unable|not able|not allowed|not permitted|not in a position)
         to\b
        |\bi (?:can't|cannot|can not|won't|will not|couldn't|could not|must|have to)(?: \w+){0,2}
         (?:help|assist|answer|provide|comply|fulfil|fulfill|do that|do this|support|discuss|share
        |give|create|generate|write|engage|offer|recommend|tell|say|find|determine|decline|refuse
        |participate|condone|respond)\b
        |\bi(?:'m| am)(?: \w+){0,2} (?:sorry|afraid),?(?: but)? (?:i|that|this|we|there|the)\b
        [^.!?]{0,60}?(?:n't|\bnot|\bno|\bun(?:able|available))\b
        |\bi(?:'m| am) not (?:sure|certain|aware of|familiar with)\b(?![^.!?]{0,30}\bbut\b)
        |\bi (?:don't|do not)(?: \w+)? know\b(?![^.!?]{0,30}\bbut\b)
        |\bi (?:don't|do not)(?: \w+)? have (?:\w+ ){0,2}(?:information|access|data|context)\b
        |\b(?:it|this|that) (?:is|would be|isn't|wouldn't be) (?:not )?(?:ethical|unethical
        |appropriate|inappropriate|illegal|legal) (?:or \w+ )?(?:for me )?to\b
        |\b(?:context|documents?|passages?|text|sources?|articles?|information)(?: \w+){0,2}
         (?:does not|doesn't|do not|don't|did not|didn't) (?:\w+ )?(?:mention|say|state|contain
        |specify|provide|include|answer)\b
        |\b(?:not|isn't) (?:mentioned|stated|specified|answered|found|given) (?:in|by) (?:the|this)
         (?:\w+ )?(?:context|documents?|passages?|text|sources?|articles?)\b
        |\b(?:there is|there's|i have|i found|i see) (?:no|not enough|insufficient)
         (?:\w+ )?information\b
        |\bi (?:decline|refuse)\b
        |\b(?:against|violates?) (?:my|our|the) (?:\w+ )?(?:guidelines|policy|policies
        |principles)\b""",
    "de": r"""
        \b(?:ich|wir) (?:kann|können|darf|dürfen|werde|werden|möchte)\b[^.!?]{0,60}\b(?:nicht
        |keine?n?)\b[^.!?]{0,60}(?:helfen|beantworten|sagen|geben|unterstützen|bereitstellen
        |erstellen|weiterhelfen|nachkommen|schreiben|finden|nennen|machen|tun|behilflich)
        |\bkann ich\b[^.!?]{0,60}\b(?:nicht|keine?n?)\b
        |\b(?:ich|wir) (?:weiß|weiss|wissen) (?:(?:es|das|dazu) )?(?:leider )?(?:nicht|nichts)\b
        |\b(?:weiß|weiss) ich\b[^.!?]{0,20}\bnichts?\b
        |\bliegen\b[^.!?]{0,30}\bkeine (?:\w+ )?(?:information|angabe|daten)
        |\b(?:ich|wir) (?:habe|haben)\b[^.!?]{0,30}\bkeine (?:\w+ )?(?:information|angabe|daten
        |kenntnis)
        |\b(?:kontext|dokument|text|quelle)\w*\b[^.!?]{0,40}\b(?:nicht (?:hervor|erwähnt|angegeben
        |genannt|enthalten)|keine (?:\w+ )?(?:information|angabe))""",
    "fr": r"""
        \bje (?:ne (?:peux|puis|sais|suis|dispose|vais)|n'ai)\b[^.!?]{0,40}\b(?:pas|aucune?)\b
        |\b(?:contexte|document|texte|source)s?\b[^.!?]{0,20}\bne\b[^.!?]{0,30}\bpas\b
        |\bil m'est impossible\b""",
    "es": r"""
        \bno (?:puedo|podemos|podría|sé|me es posible|tengo (?:\w+ )?(?:información|datos|acceso)
        |dispongo)\b
        |\blamento no poder\b
        |\b(?:contexto|documento|texto|fuente)s?\b[^.!?]{0,20}\bno (?:\w+ )?(?:menciona|dice
        |indica|contiene|especifica|proporciona)""",
    "it": r"""
        \bnon (?:posso|possiamo|so\b|lo so|sono in grado
        |ho (?:\w+ )?(?:informazioni|accesso|dati)|mi è possibile)
        |\b(?:contesto|documento|testo|fonte)\b[^.!?]{0,20}\bnon (?:\w+ )?(?:menziona|dice|indica
        |contiene|specifica|fornisce)""",
    "pt": r"""
        \bnão (?:posso|podemos|consigo|sei|tenho (?:\w+ )?(?:informaç|dados|acesso)
        |me é possível|disponho)
        |\b(?:contexto|documento|texto|fonte)\b[^.!?]{0,20}\bnão (?:\w+ )?(?:menciona|diz|indica
        |contém|especifica|fornece)""",
    "nl": r"""
        \b(?:ik|we|wij) (?:kan|kunnen|mag|weet|zal|heb)\b[^.!?]{0,60}\b(?:niet|geen)\b
        |\b(?:kan|weet) ik\b[^.!?]{0,60}\b(?:niet|geen)\b
        |\b(?:context|document|tekst|bron) (?:vermeldt|noemt|zegt|bevat)\b
        [^.!?]{0,40}\b(?:niet|geen)\b
        |\b(?:context|document|tekst|bron)\b[^.!?]{0,40}\b(?:niet|geen)
         (?:vermeld|genoemd|informatie)""",
    "zh": r"""
        (?:我|很抱歉|抱歉|对不起)[^。]{0,10}(?:无法|不能|不知道|没有(?:足够)?的?信息|不便|拒绝)
        |(?:文中|上下文|资料|文档)[^。]{0,10}(?:没有|未)(?:提到|提及|提供|说明)""",
    "ja": r"""
        (?:お答え|回答|お手伝い|対応|提供|お応え)[^。]{0,8}(?:できません|できかねます|いたしかねます)
        |応じ(?:られません|かねます)
        |(?:わかりません|分かりません|存じません)
        |(?:文脈|文書|資料|テキスト)[^。]{0,20}(?:記載されて|書かれて|含まれて|記載が)
        [^。]{0,4}(?:いません|ありません)""",
}


def _join(pattern: str) -> str:
    return "".join(line.removeprefix("        ") for line in pattern.splitlines())


PHRASE = re.compile("|".join(f"(?:{_join(each)})" for each in LANGUAGES.values()), re.IGNORECASE)


def find_refusal(answer: str) -> str:
    """Return the phrase by which an answer refuses, "" where it does not.

    Its first ``HEAD`` and last ``TAIL`` characters are looked at, white space squeezed.
    """
    head = squeeze(answer[: HEAD * 4])
    tail = squeeze(answer[-TAIL * 4 :]) if len(head) > HEAD else ""
    for part in (head[:HEAD], tail[-TAIL:]):
        found = PHRASE.search(part.replace("\u2019", "'"))
        if found:
            return found.group()
    return ""
