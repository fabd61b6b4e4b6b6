from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.redaction import find_secrets, find_sensitive, redact, redact_value
from llmops_magics.redaction.personal import PERSONAL as PERSONAL_PATTERNS
from llmops_magics.redaction.secret import SECRETS as SECRET_PATTERNS

A1 = "Ab3" * 40  # letters and digits to cut keys from; none of these is a real credential
HEX = "0123456789abcdef" * 2
SECRETS = [
    ("anthropic-key", "sk-ant-" + "api03-" + A1[:40]),
    ("openai-key", "sk-" + A1[:48]),
    ("openai-key", "sk-" + "proj-" + A1[:60]),
    ("openai-key", "sk-" + "svcacct-" + A1[:60]),
    ("openai-key", "sk-" + HEX),
    ("huggingface-token", "hf_" + A1[:34]),
    ("aws-key-id", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("aws-key-id", "ASIA" + "IOSFODNN7EXAMPLE"),
    ("google-key", "AIza" + A1[:35]),
    ("github-token", "ghp_" + A1[:36]),
    ("github-token", "github_pat_" + A1[:82]),
    ("gitlab-token", "glpat-" + A1[:20]),
    ("slack-token", "xoxb-" + "123456789012-" + A1[:24]),
    ("stripe-key", "sk_live_" + A1[:24]),
    ("stripe-key", "rk_test_" + A1[:24]),
    ("databricks-token", "dapi" + HEX),
    ("jwt", "eyJ" + A1[:30] + ".eyJ" + A1[:40] + "." + A1[:43]),
    ("bearer-token", "Bearer " + A1[:40]),
    ("google-client-secret", "GOCSPX-" + A1[:28]),
    ("slack-webhook", "hooks.slack.com/services/" + "T0AB1CD2E/B0AB1CD2E/" + A1[:24]),
    ("groq-key", "gsk_" + A1[:52]),
    ("xai-key", "xai-" + A1[:80]),
    ("perplexity-key", "pplx-" + A1[:48]),
    ("replicate-token", "r8_" + A1[:37]),
    ("langsmith-key", "lsv2_" + "pt_" + HEX + "_0123456789"),
    ("pinecone-key", "pcsk_" + A1[:60]),
    ("npm-token", "npm_" + A1[:36]),
    ("pypi-token", "pypi-" + "AgE" + A1[:80]),
    ("sendgrid-key", "SG." + A1[:22] + "." + A1[:43]),
    ("digitalocean-token", "dop_" + "v1_" + HEX + HEX),
    ("vault-token", "hvs." + A1[:90]),
    ("azure-key", "AccountKey=" + A1[:86] + "=="),
    ("assigned-secret", "AWS_SECRET_ACCESS_KEY=" + HEX + A1[:8]),
    ("assigned-secret", 'api_key = "' + HEX + '"'),
    ("url-password", "postgresql://user:hunter2@db.example.com/app"),
    (
        "private-key",
        "-----BEGIN RSA PRIVATE KEY-----\n" + A1 + "\n-----END RSA PRIVATE KEY-----",
    ),
]
PERSONAL = [
    ("email", "jane.doe+x@mail.example.co.uk"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB82WEST12345698765432"),
    ("card", "4111 1111 1111 1111"),
    ("card", "378282246310005"),
    ("ssn", "123-45-6789"),
    ("phone", "+44 20 7946 0958"),
    ("phone", "+1 (555) 010-9999"),
    ("phone", "0044 20 7946 0958"),
    ("phone", "(415) 555-0132"),
    ("phone", "415.555.0132"),
    ("email", "zoë@bücher.example"),
    ("iban", "be68 5390 0754 7034"),
    ("card", "5105-1051-0510-5100"),
    ("ip", "203.0.113.77"),
    ("ip", "10.0.2.90"),
    ("ip", "2001:db8::8a2e:370:7334"),
    ("ip", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
]
NAMED = [
    ("ssn", "My SSN is 123456789", "My SSN is [ssn]"),
    ("ssn", "social security number: 123 45 6789.", "social security number: [ssn]."),
    ("phone", "please call me on 079 0442 1744 today", "please call me on [phone] today"),
    ("phone", "Phone:\n01.84.17.61.18\n", "Phone:\n[phone]\n"),
    ("phone", "Tel. (08) 8747 6301", "Tel. [phone]"),
    ("card", "my card 6304 2737 3398 expires", "my card [card] expires"),
    ("iban", "IBAN BE68 5390 0754 7034 EUR 20", "IBAN [iban] EUR 20"),
    ("ip", "the host 8.8.8.8 answers", "the host [ip] answers"),
]
BENIGN = [
    "",
    "Paris is the capital of France.",
    "3.14159265358979 and 1e-7, 1,234,567.89, 0.30000000000000004",
    "2026-11-23T11:24:44.000001Z, 1700000000000000000 ns, 4111 1111 1111 1112",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "550e8400-e29b-41d4-a716-446655440000",
    "https://example.com/a/b?x=1&y=2#z and http://127.0.0.1:8000/v1/chat/completions",
    "for i in range(10):\n    x[i] += y[-i] @ z",
    "@pytest.mark.parametrize('a', [1, 2])",
    "<div class='sk-toggleable__label-arrow sk-estimator-doc-link-and-more'>",
    "task-management-and-other-long-hyphenated-words",
    "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000",
    "the bearer of bad news",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
    "C++17, +1 for this, x = +5, UTC+02:00",
    "DE00 3704 0044 0532 0130 00",
    "Grüße, 你好, \U0001f600",
    "numpy==1.26.4.1, version 1.2.3.4, v10.20.30.40, section 4.2.1.3, 1.3.6.1.4.1.311",
    "127.0.0.1:8000, 0.0.0.0, 255.255.255.0, ::1, ::, 999.1.2.300",
    "std::vector a::b, x[::2], 12:34:56, 00:1a:2b:3c:4d:5e, dead::beef",
    "npm i react@18.2.0, logo@2x.png, @decorator",
    "created 1690295874454, status/1801393358964994062, 0.6511772622175621",
    "call 2026-11-23 or 23.11.2026; call ticket 12345678; code 401-555; 100-200-3000",
    "api_key = os.environ['OPENAI_API_KEY'], secret_key: str, api_key=your_api_key_goes_in_here",
    "order 079 0442 1744 was sent",
]
FLOODS = {
    "a": "a",
    "digits": "7",
    "spaced digits": "7 ",
    "sk-": "sk-",
    "sk- words": "sk- ",
    "@": "@",
    "a@": "a@",
    "a.": "a.",
    "a@a.": "a@a.",
    "eyJ": "eyJ",
    "eyJ-": "eyJ-",
    "eyJ words": "eyJaaaaaaaaaaa.eyJ-",
    "+1": "+1",
    "://": "://",
    "://a:": "://a:",
    "BEGIN": "-----BEGIN ",
    "PRIVATE KEY": "-----BEGIN PRIVATE KEY-----",
    "bearer": "bearer ",
    "IBAN": "AB12 ",
    "SSN": "123-45-",
    "white space": " \n",
    "octets": "1.22.",
    "hex groups": "abc1:",
    "pairs": "77 ",
    "call 77": "call 77 ",
    "american": "415-555-",
    "secret": "secret=a1b2",
    "api_key": "api_key=",
    "a.a@a.": "a.a@a.",
}


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=[k for k, _ in SECRETS])
def test_a_secret_is_masked_wherever_it_stands(kind, secret):
    for before, after in [("", ""), ("key ", " end"), ('{"k": "', '"}'), ("K=", "\n"), ("(", ")")]:
        masked = redact(before + secret + after)
        assert f"[{kind}]" in masked
        assert masked.startswith(before)
        assert masked.endswith(after)
        assert secret[-12:] not in masked or kind == "url-password"


@pytest.mark.parametrize(("kind", "text"), PERSONAL)
def test_personal_data_is_masked_and_is_no_secret(kind, text):
    assert redact(f"It is {text}, he said.") == f"It is [{kind}], he said."
    assert find_secrets(text) == []


@pytest.mark.parametrize(("kind", "text", "masked"), NAMED)
def test_a_word_says_what_a_number_is(kind, text, masked):
    assert redact(text) == masked
    assert [finding.kind for finding in find_sensitive(text)] == [kind]


@pytest.mark.parametrize("text", BENIGN)
def test_benign_text_stays_as_it_is(text):
    assert redact(text) == text


def test_a_password_in_a_url_goes_and_the_rest_of_it_stays():
    masked = redact("postgresql://user:hunter2@db.example.com:5432/app")
    assert masked == "postgresql://[url-password]@db.example.com:5432/app"


def test_a_finding_says_where_it_stands():
    (finding,) = find_sensitive("mail a@example.com now")
    assert finding == ("email", 5, 18)


def test_two_findings_are_masked_each():
    assert redact("a@example.com, 123-45-6789") == "[email], [ssn]"


def test_values_are_masked_inside_out_keys_included():
    value = {"a@example.com": ["123-45-6789", 5, None, ("b@example.com",)], "n": 1.5}
    assert redact_value(value) == {"[email]": ["[ssn]", 5, None, ["[email]"]], "n": 1.5}


@given(st.text())
def test_masking_twice_is_masking_once(text):
    once = redact(text)
    assert redact(once) == once


ANY_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PIECES = st.sampled_from([text for _, text in SECRETS + PERSONAL] + BENIGN)


@given(st.lists(PIECES | st.text(max_size=5), max_size=4), st.sampled_from(["", " ", "-", "ü"]))
def test_a_look_for_signs_first_misses_nothing(pieces, between):
    for text in (between.join(pieces), between.join(pieces).translate(ANY_DIGITS)):
        kinds = {
            pattern.kind
            for pattern in SECRET_PATTERNS + PERSONAL_PATTERNS
            if any(pattern.spans(text))
        }
        assert {finding.kind for finding in find_sensitive(text)} == kinds


@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS)
def test_a_megabyte_of_anything_takes_no_time_that_grows_with_its_square(unit):
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 20  # about 1; with the square it is hours
