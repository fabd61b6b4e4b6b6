"""The patterns of abuse. Words that hurt are written here because they have to be looked for."""

from __future__ import annotations

from typing import Final

from llmops_magics.guard.detectors.rule import Rule, rule

_INSULT: Final = "toxicity.insult"
_THREAT: Final = "toxicity.threat"
_HATE: Final = "toxicity.hate"
_SEXUAL: Final = "toxicity.sexual"
_SELF_HARM: Final = "toxicity.self-harm"
_PROFANITY: Final = "toxicity.profanity"

_ = r"[ \t\n]{1,5}"
_VERY: Final = (
    rf"(?:(?:such|so|really|just|nothing{_}but|a|an|the|fucking|bloody|complete|total|utter|stupid|"
    rf"dumb|worthless|pathetic|disgusting|ugly|fat|little|lazy|filthy|useless){_}){{0,4}}"
)
_NAMES: Final = (
    "idiot|moron|imbecile|retard|dumbass|asshole|arsehole|bitch|bastard|cunt|dickhead|prick|"
    "scumbag|scum|loser|pig|whore|slut|twat|wanker|douchebag|piece of (?:shit|trash|garbage)|"
    "waste of (?:space|oxygen|air)|motherfucker|cocksucker|shithead|jackass|halfwit|cretin"
)
_ADJECTIVES: Final = (
    "stupid|dumb|pathetic|worthless|disgusting|retarded|brain[- ]?dead|a disgrace|good for nothing"
)
_YOU_ARE: Final = r"\b(?:you|u|ya)(?:'re|" + _ + r"are|" + _ + r"r|r|" + _ + r"were)?"
# Groups of people; with a sentence about what should be done to them it is hatred.
_GROUPS: Final = (
    "jews|muslims|christians|hindus|sikhs|blacks|whites|asians|arabs|mexicans|immigrants|migrants|"
    "refugees|gays|lesbians|homosexuals|trans(?:gender)?(?: people)?|women|gypsies|roma|foreigners|"
    "africans|(?:black|white|gay|jewish|muslim|disabled|trans) (?:people|men|women)"
)
_SLURS: Final = (
    "nigger|nigga|niggers|faggot|faggots|kike|kikes|spic|spics|chink|chinks|gook|gooks|wetback|"
    "wetbacks|towelhead|towelheads|raghead|ragheads|tranny|trannies|shemale|sandnigger|beaner|"
    "beaners|untermensch|untermenschen"
)
_HURT: Final = (
    "kill|murder|stab|shoot|strangle|behead|slaughter|rape|torture|hurt|"
    "beat the (?:shit|crap) out of|burn|break|destroy|bury|cut"
)

RULES: Final[tuple[Rule, ...]] = (
    rule(
        _INSULT,
        "medium",
        0.85,
        "An insult aimed at a person.",
        rf"{_YOU_ARE}{_}{_VERY}(?:{_NAMES})\b(?!-)"
        rf"|\byou(?:'re|{_}are){_}(?:(?:so|such|just|really|too|fucking){_}){{0,2}}(?:{_ADJECTIVES})"
        rf"(?=[ \t]{{0,3}}(?:[.!?,;]|$|and\b|you\b))"
        rf"|\b(?:fuck|screw)(?:{_}(?:off|you|u|yourself|ur{_}mom))\b(?!{_}(?:over|up)\b)"
        rf"|\b(?:shut{_}the{_}(?:fuck|hell){_}up|go{_}to{_}hell|eat{_}shit|suck{_}my{_}dick"
        rf"|kiss{_}my{_}ass|nobody{_}(?:likes|loves){_}you|everyone{_}hates{_}you)\b"
        rf"|\b(?:he|she|they){_}(?:is|are){_}(?:a{_}|an{_})?(?:(?:fucking|total|complete|stupid){_})"
        rf"{{1,2}}(?:{_NAMES})\b",
    ),
    rule(
        _THREAT,
        "high",
        0.85,
        "A threat of violence against a person.",
        rf"\b(?:i|we)(?:'ll|'m|'re|{_}will|{_}am|{_}are|{_}shall)?(?:{_}(?:gonna|going{_}to))?{_}"
        rf"(?:(?:come|find|hunt)(?:{_}(?:and|you|you{_}down|you{_}down{_}and|you{_}and))?{_})?"
        rf"(?:fucking{_})?(?:{_HURT}){_}(?:you|your{_}(?:family|kids|children|wife|mother|neck|throat"
        rf"|legs))\b(?!{_}(?:with|at|in|on|some|a|the|off|down{_}to)\b)"
        rf"|\byou(?:'re|{_}are|{_}will|'ll)(?:{_}going{_}to|{_}gonna)?{_}(?:be{_})?"
        rf"(?:dead(?:{_}(?:meat|man))?|die)(?=[ \t]{{0,3}}(?:[.!]|$)|{_}(?:bitch|soon{_}bitch))"
        rf"|\byou{_}(?:deserve|need|ought|should){_}to{_}(?:die|be{_}(?:shot|killed|hanged|beaten|raped))"
        rf"|\bi(?:'ll|{_}will){_}make{_}you{_}(?:suffer|pay{_}with{_}your{_}life|bleed)",
        "you",
    ),
    rule(
        _HATE,
        "high",
        0.9,
        "A slur against a group of people.",
        rf"\b(?:{_SLURS})\b(?!-in-the)",
    ),
    rule(
        _HATE,
        "high",
        0.85,
        "Hatred against a group of people.",
        rf"\b(?:all|those|these|the|every|fucking|filthy|dirty){_}(?:{_GROUPS}){_}"
        rf"(?:should|must|ought{_}to|deserve{_}to|need{_}to|have{_}to){_}(?:all{_})?"
        rf"(?:die|burn|be{_}(?:killed|exterminated|shot|gassed|hanged|wiped{_}out|eliminated|"
        rf"enslaved))"
        rf"|\b(?:kill|exterminate|gas|hang|eliminate){_}(?:all{_})(?:the{_})?(?:{_GROUPS})\b"
        rf"|\bi{_}(?:fucking{_})?(?:hate|despise|loathe){_}(?:all{_})?(?:the{_})?(?:{_GROUPS})\b"
        rf"|\b(?:{_GROUPS}){_}(?:are|is){_}(?:all{_})?(?:just{_})?(?:vermin|subhuman|animals|parasites|"
        rf"cockroaches|scum|a{_}(?:plague|disease|cancer)|inferior|filth|savages|rats)\b",
    ),
    rule(
        _SEXUAL,
        "medium",
        0.8,
        "Explicit sexual language.",
        r"\b(?:blow[- ]?jobs?|hand[- ]?jobs?|cumshots?|creampie|gangbangs?|deepthroat(?:ing|s)?|"
        r"cunnilingus|fellatio|rimjobs?|bukkake|milfs?|cocksuck(?:ing|er)|titfuck|facefuck(?:ing)?|"
        r"fingerbang(?:ing)?|jerk(?:ing|ed)? (?:me |him |myself |himself )?off|"
        r"(?:suck|lick|ride|stroke)(?:s|ed|ing)? (?:my|his|her|your) (?:cock|dick|pussy|tits|balls|"
        r"clit)|(?:wet|tight|dripping) pussy|(?:hard|throbbing|erect) (?:cock|dick)|"
        r"fuck(?:ed|ing)? (?:me|her|him) (?:hard|harder|senseless|from behind)|cum(?:s|ming)? "
        r"(?:inside|on) (?:me|her|him|my|your))\b",
    ),
    rule(
        _SEXUAL,
        "critical",
        0.9,
        "Sexual language about a minor.",
        r"\b(?:send|show|make|share|want|watch|download|find|sell|trade|like|love|need) "
        r"(?:me |you |some |more |your |my ){0,2}"
        r"(?:child|kiddie|underage|preteen|minors?) (?:porn(?:ography)?|sex|erotica|nudes?)\b"
        r"|\b(?:sexual(?:ly)? (?:explicit )?(?:story|content|scene|fantasy)|erotic (?:story|scene)|"
        r"nudes?) (?:about|of|with|involving) (?:a |an |the )?(?:child|minor|little (?:girl|boy)|"
        r"underage|preteen|\d{1,2}[- ]year[- ]old (?:girl|boy))",
        "child kiddie underage preteen minor little year",
    ),
    rule(
        _SELF_HARM,
        "high",
        0.85,
        "Somebody who speaks of harming themselves.",
        rf"\bi(?:'m|{_}am)?(?:{_}(?:really|just|often|sometimes|still|do))?{_}(?:want|plan|planning|going"
        rf"|intend|wish|need|thinking|think){_}(?:to{_}|about{_}|of{_})(?:just{_})?(?:kill(?:ing)?{_}myself"
        rf"|end(?:ing)?{_}(?:my{_}(?:own{_})?life|it{_}all)|die\b(?!{_}(?:of|from|laughing))|"
        rf"hurt(?:ing)?{_}myself|cut(?:ting)?{_}myself|hang(?:ing)?{_}myself|commit(?:ting)?{_}suicide)"
        rf"|\bi(?:'m|{_}am){_}(?:suicidal|cutting{_}myself|hurting{_}myself)\b"
        rf"|\bi{_}(?:cut|burn|harm){_}myself{_}(?:on{_}purpose|to{_}feel|every|again)"
        rf"|\bi{_}don'?t{_}want{_}to{_}(?:live|be{_}alive|exist){_}?(?:any{_}?more)?\b",
    ),
    rule(
        _SELF_HARM,
        "critical",
        0.9,
        "Somebody is told to harm themselves.",
        rf"\b(?:go{_}(?:and{_})?|just{_}|you{_}should{_}|please{_}|better{_}|you{_}must{_})"
        rf"(?:go{_})?(?:kill|hang|shoot|cut){_}(?:yourself|urself)\b"
        rf"|(?:^|[.!?,:;\"'\n])[ \t]{{0,5}}(?:kill|hang){_}(?:yourself|urself)\b|\bkys\b"
        rf"|\b(?:drink{_}bleach{_}and{_}die|you{_}should{_}(?:just{_})?(?:end{_}your{_}life"
        rf"|commit{_}suicide))\b",
        "yourself urself kys bleach suicide life",
    ),
    rule(
        _SELF_HARM,
        "high",
        0.75,
        "A question about how to end one's life.",
        rf"\b(?:how{_}(?:to|do{_}i|can{_}i|should{_}i)|(?:best|easiest|painless|quickest){_}ways?{_}to){_}"
        rf"(?:painlessly{_}|quickly{_})?(?:kill{_}myself|commit{_}suicide|end{_}my{_}(?:own{_})?life"
        rf"|hang{_}myself|cut{_}myself{_}without|overdose{_}on)\b",
        "myself suicide life overdose",
    ),
    rule(
        _PROFANITY,
        "low",
        0.5,
        "Profanity, aimed at nobody.",
        r"\b(?:fuck(?:s|ed|ing|in|er|ers)?|motherfuck(?:er|ers|ing)|bullshit|shit(?:ty|s)?|"
        r"asshole[s]?|bitch(?:es)?|cunts?|goddamn(?:it)?|dickheads?)\b",
    ),
)
