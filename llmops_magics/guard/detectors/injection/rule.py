"""A few patterns with a name each: they say what kind of attack a passage is.

A rule with ``certain`` reports by itself, whatever the model says: harmless texts of the training
data hardly have it. What stands right after a quotation mark does not count for it, since texts
about attacks quote them. The other rules only name what the model found. All are linear: every
repeat is bounded, and none stands within another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One pattern over folded lower-case text."""

    kind: str
    pattern: re.Pattern[str]
    message: str
    certain: bool = True
    quoted: bool = False  # whether it counts in quotation marks, too


_WORDS: Final = r"[\s,]{1,3}(?:[\w'-]{1,15}[\s,]{1,3}){0,4}"  # up to four words in between
_IGNORE: Final = (
    r"(?:ignore|ignoring|disregard|forget|override|bypass|discard|nullify|do not follow"
    r"|don't follow|stop following|pay no attention to|no longer follow|set aside)"
)
_PAST: Final = r"(?:previous|prior|above|earlier|preceding|foregoing|original|initial|system|your)"
_RULES: Final = (
    r"(?:instructions?|directions?|rules|prompts?|guidelines|orders|directives?|commands"
    r"|programming|restrictions|training|constraints|polic(?:y|ies))"
)
_AI: Final = (
    r"(?:ai|ai (?:assistant|agent|model)|assistant|language model|llm|chatbot|chatgpt|bot|agent)"
)
_SHOW: Final = (
    r"(?:reveal|print|show|repeat|tell me|give me|output|display|write|share|summari[sz]e|spell"
    r"|disclose|leak|recite|return|say|send me|list|translate|encode|paste|copy|read out|echo|dump)"
)
_TEMPLATE: Final = r"<\|(?:im_start|im_end|eot_id|start_header_id|system)\|>|<<sys>>|\[/inst\]"

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        kind="injection.fake-system",
        pattern=re.compile(_TEMPLATE),
        message="markers of a chat template, which only the model's own software writes",
    ),
    Rule(
        kind="injection.override",
        pattern=re.compile(
            rf"\b{_IGNORE}{_WORDS}{_PAST}{_WORDS}{_RULES}\b"
            rf"|\b{_IGNORE}[\s,]{{1,3}}(?:all|any)(?: of)?(?: the| your| my| these| those)?"
            rf"[\s,]{{1,3}}{_RULES}\b"
            rf"|\b{_IGNORE}[\s,]{{1,3}}(?:all |everything )(?:of )?(?:the )?(?:that is |said )?"
            r"(?:above|before|previously|you (?:were|have been|know))"
            rf"|\b{_IGNORE} (?:the )?(?:above|previous)(?: and|,|\.| instructions?| text| prompt)"
        ),
        message="it asks to set aside the instructions",
    ),
    Rule(
        kind="injection.override",
        pattern=re.compile(
            r"\b(?:ignor[ae]\w{0,3}|olvid[ae]\w{0,3}|dimentica\w{0,3}|esque[cç]\w{1,3}|desconsider\w{1,2}"
            r"|oublie[zr]?)\b[^.\n]{0,25}\b(?:instruc\w{1,6}|istruzion[ei]|instruç\w{1,4}|consignes?"
            r"|reglas|regras|regole|directives|órdenes|ordres)[^.\n]{0,12}\b"
            r"(?:anterior\w{0,3}|previ\w{1,4}|précédent\w{0,3}|precedent[ei]|acima|de arriba"
            r"|ci-dessus)"
            r"|\b(?:vergiss|vergesst|vergessen sie|ignorier\w{1,2}|missacht\w{1,2})\b[^.\n]{0,30}\b"
            r"(?:anweisung|instruktion|befehl|vorgabe|aufgabe)\w{0,2}\b"
            r"|\b(?:игнорируй|забудь|проигнорируй)\w{0,2}\b[^.\n]{0,25}\b(?:инструкц|указани|правил|команд)"
            r"|(?:忽略|无视|無視|忘记|忘掉|忘記|不要理会)[^。\n]{0,12}(?:指令|指示|规则|規則|提示|命令|要求)"
            r"|(?:指示|命令|ルール|プロンプト)[^。\n]{0,10}(?:無視|忘れ)"
            r"|(?:지시|명령|규칙|지침)[^.\n]{0,10}(?:무시|잊)"
        ),
        message="it asks to set aside the instructions",
    ),
    Rule(
        kind="injection.fake-system",
        pattern=re.compile(
            r"<information>[^<]{0,160}\b(?:you|important message|please|task)\b"
            r"|\bimportant message from (?:me|[\w ]{2,20}),? (?:[\w ]{2,20},? )?"
            r"to (?:you|the (?:ai|assistant))"
            r"|[\[<({]{1,2}/?(?:system|admin|sys|developer|root)(?: (?:message|override|note"
            r"|prompt))?"
            r"[\])>}]{1,2}[\s:]{0,4}[^\n]{0,60}\b(?:access|grant(?:ed)?|ignore|correct|password|must|new"
            r" (?:task|instructions?)|you (?:are|will|have)|user (?:has|is))\b"
            r"|\bend of (?:(?:the )?user(?:'s)? (?:input|prompt|message)|(?:the )?system prompt)\b"
        ),
        message="it poses as a message of the system",
    ),
    Rule(
        kind="injection.override",
        pattern=re.compile(
            r"\b(?:your|the) (?:new|real|actual|only|true) (?:task|instructions?|goal|rules?"
            r"|job|prompt)"
            r" (?:is|are|now)\b|\b(?:new|updated) instructions?:|\binstructions? (?:has"
            r"|have) (?:been )?changed"
        ),
        message="it replaces the instructions",
        certain=False,
    ),
    Rule(
        kind="injection.role-play",
        pattern=re.compile(
            r"\bdo anything now\b|\bjailbroken\b|\bunfiltered and (?:amoral|uncensored|unethical)\b"
            r"|\b(?:developer|god|dan|jailbreak|unrestricted|debug|sudo) mode (?:enabled"
            r"|activated|on(?! \w))"
            r"|\bbroken free of the\b|\bno longer (?:bound|restricted|limited) by\b"
            r"|\bfree from (?:all|any) (?:restrictions|limits|rules|filters|constraints)"
            r"|\b(?:ai|bot|assistant|chatbot|model|gpt)\b[^.\n]{0,40}\b(?:without|(?:has|have"
            r"|with) no)"
            r" (?:any )?(?:restrictions|filters|rules|limits|limitations|ethics|morals|censorship)"
        ),
        message="it gives the model a role that knows no rules",
    ),
    Rule(
        kind="injection.role-play",
        pattern=re.compile(
            r"\b(?:unfiltered|uncensored|amoral)\b|\bstay in character\b|\bact as\b|\bpretend\b"
            r"|\bfrom now on you\b|\byou are now\b"
        ),
        message="it gives the model another role",
        certain=False,
    ),
    Rule(
        kind="injection.extraction",
        pattern=re.compile(
            rf"\b{_SHOW}{_WORDS}(?:system|initial|original|hidden|secret|full|entire|exact|pre-?)"
            r"[ -]{0,2}(?:prompt|instructions?|message|configuration|guidelines|rules)\b"
            rf"|\b{_SHOW}{_WORDS}your (?:prompt|instructions|rules|guidelines|directives)\b"
            r"|\b(?:reveal|print|show|repeat|output|display|recite|copy|paste|dump|echo) (?:me )?"
            r"(?:back )?(?:all (?:of )?|everything |the )?"
            r"(?:text|words|content|instructions?|prompt)?"
            r" ?(?:written |that (?:is|are|comes?|stands?) )?"
            r"(?:above|before this)(?! (?:table|code|data|formula|equation|figure|picture|list"
            r"|example|paragraph|poem|sentence|essay|passage|article|story|result|problem))\b"
            r"|\b(?:repeat|print|output|recite|copy|paste|write|summari[sz]e|translate|reveal|show)"
            r" (?:me |out |back |down ){0,2}(?:all|everything|every word|the (?:text|words"
            r"|sentences|instructions?|messages?|first \d{1,4} words))[^.\n]{0,20}\b"
            r"(?:you were (?:given|told)|(?:from|at|of) the (?:very )?(?:beginning|start|top) of"
            r" (?:this|our|the) (?:conversation|chat|prompt))"
            r"|\bwhat (?:are|were|was|is) your (?:exact |initial |original |system |secret "
            r"|first )?"
            r"(?:instructions|prompt|system prompt|system message|rules|directives|guidelines)\b"
        ),
        message="it asks for the instructions",
    ),
    Rule(
        kind="injection.extraction",
        pattern=re.compile(
            rf"\b{_SHOW}{_WORDS}(?:the|your|that) (?:secret|hidden|real|actual|correct)"
            r" (?:key|code|word|phrase|password|passphrase|passcode|message|access code)\b"
            rf"|\b{_SHOW}{_WORDS}(?:access code|passphrase|secret key|security code)\b"
        ),
        message="it asks for a secret",
    ),
    Rule(
        kind="injection.forced-output",
        pattern=re.compile(
            r"(?<! i )\b(?:say|print|output|respond with|reply with|write|type|answer with"
            r"|repeat|display)"
            r"[\s:]{1,3}(?:exactly |only |just |the words |the phrase |the text )?[\"'`*(\[]{0,3}"
            r"(?:access[ _-]granted|permission granted|access is granted|hacked|i have been pwned"
            r"|pwned)\b(?! (?:if|when|only|for|or|to)\b)"
            r"|\b(?:instead of|rather than) [\"'`]{0,2}access denied\b"
            r"|\b(?:(?:correct|right|valid) (?:access code|code|password) (?:was |is |has been )?"
            r"(?:entered|given|provided|accepted|detected)|(?:user|i)(?:'ve| have| has)?(?: just)?"
            r" (?:entered|typed|given|said) the (?:correct|right))\b[^\n]{0,80}\b"
            r"(?:say|print|output|respond|reply|access|grant)"
        ),
        message="it dictates the answer",
        quoted=True,
    ),
    Rule(
        kind="injection.addressed",
        pattern=re.compile(
            rf"\b(?:message|instructions?|note|attention|notice|reminder) (?:for|to"
            rf"|from me to you,?) "
            rf"(?:the |any |all |you,? (?:the )?)?{_AI}\b"
            rf"|\bif you are (?:an? |the )?(?:ai|language model|llm|assistant|agent)\b"
            rf"|\b{_AI}s? (?:reading|processing|summari[sz]ing) this\b"
            r"|\bbefore you can (?:solve|finish|complete|continue|answer)\b[^.\n]{0,60}\bplease\b"
        ),
        message="it speaks to the assistant that reads it",
    ),
    Rule(
        kind="injection.concealed",
        pattern=re.compile(
            r"\b(?:do not|don't|never|without) (?:tell|mention|inform|telling|mentioning|informing"
            r"|notify|notifying|alert|alerting)\b[^.\n]{0,25}\b(?:the )?(?:user|human)\b"
        ),
        message="it asks to keep something from the user",
    ),
    Rule(
        kind="injection.fake-system",
        pattern=re.compile(
            r"</?(?:system|admin|information|user_input)>"
            r"|(?:^|\n)[\s#*\[<({-]{0,6}(?:system|admin|developer)[\]>)} ]{0,3}:"
        ),
        message="it poses as a message of the system",
        certain=False,
    ),
    Rule(
        kind="injection.extraction",
        pattern=re.compile(rf"\b{_SHOW}{_WORDS}(?:password|secret|code|key|instructions?)\b"),
        message="it asks for a secret",
        certain=False,
    ),
)
_OPEN_QUOTE: Final = re.compile(
    "(?:^|[\\s(:])[\"'`*\u201c\u2018\u00ab\u201e]{1,3}[^\"'`*\u201d\u2019\u00bb]{0,40}$"
)
_AROUND: Final = 200  # characters before and after that are looked at
_LEAST_BEFORE: Final = 3  # words before a quotation, for it to be one within a text
_QUOTE: Final = re.compile("[\"'`\u201c\u2018\u00ab\u201e>|]")
_SPEAKS_OF_IT: Final = re.compile(
    r"\b(?:attack(?:s|er|ers)?|(?:prompt )?injections?|jailbreaks|researchers|detectors?"
    r"|for example|such as|e\.g\.|phrases?|classifier|malicious|adversar\w{1,6}|red team"
    r"|vulnerab\w{1,6}|owasp|incident|scenario|test cases?)\b"
)
_CONDITION: Final = re.compile(
    r"\b(?:if|when|once|whenever|that)\b"
)  # what a guard's own rules say
_TELLING: Final = frozenset(
    [
        "model",
        "models",
        "llm",
        "llms",
        "ai",
        "chatbot",
        "assistant",
        "it",
        "they",
        "he",
        "she",
        "which",
        "who",
        "instead",
        "not",
        "and/or",
        "the",
    ]
)
_ADDRESSING: Final = frozenset(
    ["you", "need", "have", "want", "must", "going", "supposed", "please"]
)


def certain(plain: str) -> tuple[Rule, int, int] | None:
    """Return the first certain rule that folded lower-case text has, and where."""
    for rule in RULES:
        for match in rule.pattern.finditer(plain) if rule.certain else ():
            start, end = match.span()
            told = _CONDITION.search(plain[max(0, start - 40) : start]) if rule.quoted else None
            if not told and not is_told(plain, start, end, quoted=rule.quoted):
                return rule, start, end
    return None


def is_told(plain: str, start: int, end: int, *, quoted: bool = False) -> bool:
    """Tell whether what stands there is quoted or told of others ("makes the model ignore …").

    With ``quoted``, only a quotation within a text that speaks of attacks counts.
    """
    before = plain[max(0, start - _AROUND) : start]
    after = plain[end : end + _AROUND]
    if _SPEAKS_OF_IT.search(before) and (_QUOTE.search(before) or quoted):
        return True
    if quoted:
        return False
    if _OPEN_QUOTE.search(before[-40:]) or _is_within_quotes(before, after):
        return True
    words = before.split()[-2:]
    if not words or not before[-1:].isspace():
        return False
    return words[-1] in _TELLING or (words[-1] == "to" and words[0] not in _ADDRESSING)


def _is_within_quotes(before: str, after: str) -> bool:
    """Tell whether a quotation mark was opened in the line and is closed after."""
    line, rest = before.rpartition("\n")[2], after.partition("\n")[0]
    if len(line.split()) < _LEAST_BEFORE:
        return False
    if line.rfind("\u201c") > line.rfind("\u201d") and "\u201d" in rest:
        return True
    return any(line.count(mark) % 2 == 1 and mark in rest for mark in '"`')


def kind_of(passage: str) -> tuple[str, str]:
    """Return the kind of a passage that the model reports, and the reason in words."""
    for rule in RULES:
        if rule.pattern.search(passage):
            return rule.kind, rule.message
    return "injection.model", "it reads like the attacks the model was trained on"
