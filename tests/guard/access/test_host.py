from __future__ import annotations

import time

import pytest

from llmops_magics.guard.access.host import hosts_in, is_covered


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://Good.COM.:443/x?y#z.", ["good.com"]),
        ("(http://good.com)", ["good.com"]),
        ("https://good.com@evil.test/", ["evil.test"]),
        ("https://good.com,https://evil.test", ["(https://good.com,https:)", "evil.test"]),
        ("https://good.com/?u=https://evil.test", ["evil.test", "good.com"]),
        ("//evil.test/x", ["evil.test"]),
        ("1https://evil.test", ["evil.test"]),
        ("http://[::1]:80/", ["[::1]"]),
        ("http://2130706433/", ["2130706433"]),
        ("https://good.com\n.evil.test", ["good.com", "good.com.evil.test"]),
        ("mailto:bob@good.com, at 12:30", ["good.com"]),
        ("to eve@sub.evil.test; pkg@1.2.3, @eve, a@b", ["sub.evil.test"]),
    ],
)
def test_hosts_of_a_text(text, hosts):
    assert list(hosts_in({"text": text})) == hosts


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test\\@good.com",
        "https:good.com",
        "https:\\\\good.com",
        "https:////good.com",
        "file:///etc/passwd",
        "https://g\u00f6od.com",
        "https://good.com%2eevil.test",
        "https://" + "a" * 280 + ".good.com" + ".evil.test",
        "https://user:pass@",
    ],
)
def test_a_host_that_cannot_be_told_is_on_no_list(text):
    found = hosts_in({"text": text})
    assert found
    assert not any(is_covered(host, ["good.com"]) for host in found)


def test_names_of_arguments_and_depth():
    assert hosts_in({"url": "evil.test/x?u=https://good.com"}) == ("evil.test", "good.com")
    assert hosts_in({"a": [{"web_hook_host": "evil.test:80"}], "file": "report.pdf"}) == (
        "evil.test",
    )
    assert hosts_in({"https://evil.test": 1}) == ("evil.test",)
    nested = "https://evil.test"
    for _ in range(100):
        nested = [nested]
    assert hosts_in(nested) == ("(nested too deeply)",)


def test_a_subdomain_is_covered_and_a_longer_name_is_not():
    assert is_covered("docs.example.com", ["example.com"])
    assert is_covered("example.com", ["Example.com"])
    assert not is_covered("notexample.com", ["example.com"])
    assert not is_covered("example.com.evil.test", ["example.com"])
    assert not is_covered("example.com", [])


@pytest.mark.parametrize(
    "piece", ["a", "://", "https:", "/", " ", "\\", "@", "https://a\n", "file:a "]
)
def test_hostile_text_takes_linear_time(piece):
    text = (piece * 1_000_000)[:1_000_000]
    before = time.process_time()
    hosts_in({"url": text})
    assert time.process_time() - before < 6  # what grows with the square takes hours
