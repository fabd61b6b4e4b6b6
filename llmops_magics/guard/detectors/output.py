"""What is dangerous once an answer is rendered or run: script, active HTML, SQL and shell commands.

It tells a reviewer where to look. What protects is that answers are escaped where they are shown,
bound as parameters where they reach a database and never passed to a shell. Code that is shown as
code (in a fence or in backticks) is read, not run: findings in it are of low severity. In a tool's
arguments nothing is shown, so a fence there means nothing.

Plain formatting (``<b>``, ``<br>``, tables) is no finding, and neither is a query that only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmops_magics.guard.detector import Boundary, Context
from llmops_magics.guard.detectors.markdown import code_spans, is_inside
from llmops_magics.guard.detectors.report import (
    READ,
    Reporter,
    code_version,
    no_argument,
    settled,
)
from llmops_magics.guard.detectors.rule import Rule, matches, rule
from llmops_magics.guard.disguise import VERSION, TextView, views
from llmops_magics.guard.finding import Finding

_SCRIPT: Final = "output.script"
_HTML: Final = "output.html"
_SQL: Final = "output.sql"
_SHELL: Final = "output.shell"

_RULES: Final[tuple[Rule, ...]] = (
    rule(_SCRIPT, "high", 0.95, "A script element.", r"<script\b[^<>]{0,1000}>?", "<script"),
    rule(
        _SCRIPT,
        "high",
        0.95,
        "An element with an event handler.",
        r"<[a-z][a-z0-9-]{0,20}\b[^<>]{0,1000}?[\s\"'/]on[a-z]{3,25}[ \t\n]{0,9}=[^<>]{0,500}>?",
        "on",
    ),
    rule(
        _SCRIPT,
        "high",
        0.9,
        "An address that runs a script when it is followed.",
        r"(?:=[ \t]{0,9}[\"']?|\]\([ \t<]{0,9}|\]:[ \t<]{0,9})[\x00-\x20]{0,9}"
        r"(?:j\s{0,3}a\s{0,3}v\s{0,3}a\s{0,3}s\s{0,3}c\s{0,3}r\s{0,3}i\s{0,3}p\s{0,3}t"
        r"|v\s{0,3}b\s{0,3}s\s{0,3}c\s{0,3}r\s{0,3}i\s{0,3}p\s{0,3}t)\s{0,3}:",
    ),
    rule(
        _SCRIPT,
        "high",
        0.9,
        "An address that holds a document.",
        r"(?:=[ \t]{0,9}[\"']?|\]\([ \t<]{0,9}|\]:[ \t<]{0,9})data:(?:text/html|image/svg\+xml"
        r"|application/xhtml)",
        "data:",
    ),
    rule(
        _HTML,
        "medium",
        0.85,
        "An element that loads or embeds something, or sends a form.",
        r"<(?:iframe|frame|frameset|object|embed|applet|base|form|link|portal|template|"
        r"meta(?=[^<>]{1,300}http-equiv))\b(?=[\s/>])[^<>]{0,1000}>",
        "<",
    ),
    rule(
        _HTML,
        "low",
        0.5,
        "An element that changes how the page looks or asks for input.",
        r"<(?:style|svg|math|input|button|textarea|select|dialog)\b(?=[\s/>])[^<>]{0,1000}>",
        "<",
    ),
    rule(
        _SQL,
        "high",
        0.9,
        "A condition that is always true, as an injection into a query writes it.",
        r"['\"][ \t]{0,9}\)?[ \t]{0,9}(?:or|and)[ \t]{1,9}(?:(['\"]?)(\w{1,20})\1"
        r"[ \t]{0,9}=[ \t]{0,9}\1\2\b"
        r"|true\b|not[ \t]{1,9}false\b)",
        "or and",
    ),
    rule(
        _SQL,
        "high",
        0.85,
        "A second statement, or the rest of a query cut off.",
        r"['\")][ \t]{0,9};[ \t]{0,9}(?:drop|delete|insert|update|alter|create|truncate|exec|"
        r"shutdown|grant)[ \t]{1,9}\w{1,40}",
        ";",
    ),
    rule(
        _SQL,
        "medium",
        0.75,
        "A query joined to another one.",
        r"\bunion[ \t\n]{1,9}(?:all[ \t\n]{1,9})?select\b[ \t\n]{1,9}[\w@('\"*]",
        "union",
    ),
    rule(
        _SQL,
        "medium",
        0.75,
        "A statement that destroys data or reads files.",
        r"\b(?:drop[ \t]{1,9}(?:table|database|schema|user|view)[ \t]{1,9}"
        r"(?:if[ \t]{1,9}exists[ \t]{1,9})?[\w`\"\[.]{1,100}[ \t]{0,9}(?:;|--|cascade\b|$)"
        r"|truncate[ \t]{1,9}table[ \t]{1,9}[\w`\"\[.]{1,100}"
        r"|delete[ \t]{1,9}from[ \t]{1,9}[\w`\"\[.]{1,100}[ \t]{0,9}(?:;|where[ \t]{1,9}1|--)"
        r"|into[ \t]{1,9}(?:outfile|dumpfile)[ \t]{1,9}['\"]|xp_cmdshell\b|load_file[ \t]{0,9}\("
        r"|waitfor[ \t]{1,9}delay[ \t]{1,9}['\"]|pg_sleep[ \t]{0,9}\("
        r"|benchmark[ \t]{0,9}\(\d{4,9},)",
        "drop truncate delete outfile dumpfile xp_cmdshell load_file waitfor pg_sleep benchmark",
    ),
    rule(
        _SHELL,
        "high",
        0.95,
        "A command that runs what it fetches or decodes.",
        r"\b(?:curl|wget|iwr|invoke-webrequest|base64[ \t]{1,9}(?:-d|-D|--decode))\b[^\n|]{0,200}\|"
        r"[ \t]{0,9}(?:sudo[ \t]{1,9})?(?:ba|z|da|k)?(?:sh|python3?|perl|ruby|node|iex)\b",
        "curl wget iwr invoke-webrequest base64",
    ),
    rule(
        _SHELL,
        "high",
        0.95,
        "A shell that is opened to another machine.",
        r"/dev/(?:tcp|udp)/[\w.$-]{1,100}/|\b(?:nc|ncat|netcat)\b[^\n]{0,100}[ \t]-\w{0,5}[ec]\b"
        r"[ \t]"
        r"|\bmkfifo[ \t][^\n|]{1,100}\|[^\n]{0,60}\bnc\b"
        r"|pty\.spawn\(",
        "/dev/ nc ncat netcat mkfifo pty.spawn",
    ),
    rule(
        _SHELL,
        "high",
        0.9,
        "A command that destroys files, disks or the machine's state.",
        r"\brm[ \t]{1,9}(?:-{1,2}[\w-]{1,20}[ \t]{1,9}){0,3}-\w{0,5}[rf]\w{0,5}[ \t]{1,9}"
        r"(?:-{1,2}[\w-]{1,20}[ \t]{1,9}){0,3}[\"']?(?:/|~|\*|\$HOME|\.\.)"
        r"|\bmkfs(?:\.\w{1,10})?[ \t]{1,9}/dev/|\bdd[ \t][^\n]{0,100}\bof=/dev/(?!null)"
        r"|:\(\)[ \t]{0,9}\{[ \t]{0,9}:[ \t]{0,9}\|[ \t]{0,9}:[ \t]{0,9}&"
        r"|>[ \t]{0,9}/dev/sd[a-z]\b|\bformat[ \t]{1,9}c:|\bdel[ \t]{1,9}/[fsq][ \t]"
        r"|\bchmod[ \t]{1,9}(?:-R[ \t]{1,9})?777[ \t]{1,9}/(?:\s|$)",
        "rm mkfs dd :() /dev/sd format del chmod",
    ),
    rule(
        _SHELL,
        "high",
        0.85,
        "An encoded or hidden command.",
        r"\bpowershell(?:\.exe)?\b[^\n]{0,200}[ \t]-e(?:nc|ncodedcommand|c)?[ \t]{1,9}"
        r"[A-Za-z0-9+/=]{16,}"
        r"|\beval[ \t]{1,9}[\"']?\$\([^\n]{0,80}(?:base64|curl|wget|xxd)",
        "powershell eval",
    ),
    rule(
        _SHELL,
        "medium",
        0.7,
        "A file of credentials that is read or sent.",
        r"\b(?:cat|less|head|cp|scp|curl|type)\b[^\n]{0,200}(?:/etc/(?:passwd|shadow)|"
        r"\.ssh/id_\w{2,20}|\.aws/credentials|\.netrc\b|/proc/self/environ)",
        "/etc/ .ssh .aws .netrc /proc/",
    ),
)
# In a tool's argument, which the tool may pass on to a shell: a second command.
_ARGUMENT_RULES: Final[tuple[Rule, ...]] = (
    rule(
        _SHELL,
        "high",
        0.85,
        "A second command in an argument.",
        r"(?:;|&&|\|\|?|\$\(|`)[ \t]{0,9}(?:rm|curl|wget|cat|nc|ncat|bash|sh|zsh|python3?|perl|"
        r"ruby|powershell|chmod|chown|sudo|kill|env|printenv|whoami|id|uname|ping|nslookup|dig)\b"
        r"(?=[ \t]{1,9}[-/~.$\w]|[ \t]{0,9}(?:$|[`);|&\n]))",
    ),
)


class OutputDetector:
    """Looks at answers, and at what tools are called with."""

    name = "output"
    boundaries: frozenset[Boundary] = frozenset({"output", "tool_call"})

    def __init__(self) -> None:
        modules = ("output", "rule", "markdown")
        package = __name__.rpartition(".")[0]
        self.version = f"{code_version(*(f'{package}.{each}' for each in modules))}/{VERSION}"
        self._report = Reporter(detector=self.name, version=self.version)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return what is dangerous where an answer is rendered or run."""
        found = settled(self._findings(text[:READ], context))
        return (*found, *self._report.unread(text))

    def _findings(self, text: str, context: Context) -> Iterator[Finding]:
        is_call = context.boundary == "tool_call"
        for view in _read(text):
            code = [] if is_call else code_spans(view.text)
            rules = (*_RULES, *_ARGUMENT_RULES) if is_call else _RULES
            for each, span in matches(rules, view.text):
                shown = is_inside(code, span[0])
                yield self._report.found(
                    each.kind,
                    view,
                    span,
                    severity="low" if shown else each.severity,
                    score=min(each.score, 0.3) if shown else each.score,
                    message=f"{each.message[:-1]}, shown as code." if shown else each.message,
                )


def _read(text: str) -> Iterator[TextView]:
    """Yield the readings that a browser or a shell has: what is encoded is not run as it is.

    A browser undoes entities in an attribute, which is where an address that runs a script hides.
    """
    for view in views(text):
        if view.how[-1:] != ("HTML entities",):
            if not set(view.how) & _INERT:
                yield view
        elif "&#" in text and ("=" in text or "](" in text):
            yield view


_INERT: Final = frozenset(
    {
        "base64",
        "base32",
        "hex",
        "binary",
        "character codes",
        "escapes",
        "percent encoding",
        "HTML entities",
        "joined strings",
        "rot13",
        "reversed",
        "spacing",
        "digits for letters",
    }
)


def open_detector(argument: str) -> OutputDetector:
    """Return the detector; it takes no argument."""
    no_argument(OutputDetector.name, argument)
    return OutputDetector()
