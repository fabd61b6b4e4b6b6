"""Words by which undone spelling is recognised: common ones, and those of attacks and abuse."""

from __future__ import annotations

from typing import Final

KNOWN: Final = frozenset(
    """
    about above access account act admin administrator after agent all allow already also always
    and answer any anything api are as ask assistant at attack authorized bank base be because
    become been before begin below between bomb bot build but button bypass can cannot card change
    character chat click code command commands completely confidential confirm content context
    contents conversation convert copy could create credential credentials credit current data
    database debug decode delete describe describing detail details developer developers did
    directions directive directives dirty disable discard disclose display disregard do document
    does done drop drugs dump during each earlier email employee enable encode end ensure everything
    evil exactly execute explain expose fake file files filter filters find first follow following
    for forget forgot forward free from full function fuck get give given gives go good granted
    guard guide guideline guidelines hack hacker hacking harm harmful has hate have he hello help
    her here hidden hide him his how human ignore ignored ignoring illegal immediately important in
    include info inform information initial inject injection input instead instruction
    instructions internal into is it its jailbreak just keep key keys kill know language leak let
    letter letters limit limits line link list log login logs made mail maintenance make malicious
    malware me message messages mode model money more moral must my name need never new next no
    not nothing now number obey of off old on one only open operator or order orders original other
    our out output override own page password passwords pay payment people perform personal phish
    phishing phrase please poison policy pretend previous previously print prior private privileged
    prompt prompts protected protocol provide query question questions quote read really recipe
    refuse remember remove repeat reply request reset respond response restrict restricted
    restriction restrictions reveal roleplay rule rules run safe safety salary say script search
    secret secrets secure security send sensitive sentence server shall she shell should show
    simulate simulation skip so some something start state steal step steps stop story stupid
    system tell text than that the their them then there these they thing things this those through
    to told token tokens tool tools top training transfer translate true turn under understand
    unfiltered unlock unrestricted until up upon upload url us use user users using verbatim virus
    visit want was way we weapon weapons web website were what when where which while who why will
    with without word words work world would write written wrong yes you your yourself
    asshole bastard bitch bullshit cunt dickhead idiot moron motherfucker pig pussy retard scum shit
    slut suicide trash whore worthless
    """.split()  # noqa: SIM905 (five hundred quoted words are not readable)
)
LONGEST: Final = max(map(len, KNOWN))
_MOST: Final = 2000  # letters that are cut into words; a longer run is read as one


def segmented(letters: str) -> list[str]:
    """Cut letters without spaces into known words, as few and as long as possible.

    What no word covers stays together: ``xqzignore`` is ``xqz`` and ``ignore``.
    """
    if len(letters) > _MOST:
        return [letters]
    small = letters.lower()
    # The squares of the lengths make long words win; a letter without a word costs one.
    best, back = [0], [0]
    for end in range(1, len(small) + 1):
        choices = [(best[end - 1] - 1, end - 1)]
        choices += [
            (best[start] + (end - start) ** 2, start)
            for start in range(max(0, end - LONGEST), end - 1)
            if small[start:end] in KNOWN
        ]
        score, start = max(choices)
        best.append(score)
        back.append(start)
    return _merged(letters, back)


def _merged(letters: str, back: list[int]) -> list[str]:
    cuts, end = [], len(letters)
    while end:
        cuts.append((back[end], end))
        end = back[end]
    words: list[str] = []
    joins = False
    for start, end in reversed(cuts):
        is_single = end - start == 1
        if is_single and joins:
            words[-1] += letters[start:end]
        else:
            words.append(letters[start:end])
        joins = is_single
    return words
