"""Credentials by the shapes that their issuers gave them."""

from __future__ import annotations

import re
from typing import Final

from llmops_magics.redaction.pattern import OUTLINE, SMALL, Pattern, pattern


def _with_digit(match: re.Match[str]) -> tuple[int, int] | None:
    return match.span() if any(c.isdigit() for c in match.group()) else None


def _value(match: re.Match[str]) -> tuple[int, int] | None:
    """Take the value of an assignment, if it is mixed as a key is, and no placeholder."""
    value = match.group("value")
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return match.span("value") if mixed and len(set(value)) > 7 else None


SECRETS: Final[tuple[Pattern, ...]] = (
    pattern(
        "private-key",
        "-",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
        marks="PRIVATE",
    ),
    pattern("anthropic-key", "-", r"\bsk-ant-[A-Za-z0-9_-]{20,200}", marks="sk-ant-"),
    # CSS classes such as sk-toggleable__label-arrow hold no digit; a key always does.
    pattern(
        "openai-key",
        "-",
        r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}",
        marks="sk-",
        settle=_with_digit,
    ),
    pattern("huggingface-token", "_", r"\bhf_[A-Za-z0-9]{30,60}\b", marks="hf_"),
    pattern(
        "aws-key-id",
        "AAAA",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
        marks="AKIA ASIA ABIA ACCA",
        place=OUTLINE,
    ),
    pattern("google-key", "z", r"\bAIza[A-Za-z0-9_-]{35}", marks="AIza"),
    pattern("google-client-secret", "-", r"\bGOCSPX-[A-Za-z0-9_-]{28}", marks="GOCSPX-"),
    pattern(
        "github-token",
        "_",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{50,100})",
        marks="ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    ),
    pattern("gitlab-token", "-", r"\bglpat-[A-Za-z0-9_-]{20,60}", marks="glpat-"),
    pattern("slack-token", "-", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,200}", marks="xox"),
    pattern(
        "slack-webhook",
        "/",
        r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9]{8,14}/[A-Za-z0-9]{8,14}/[A-Za-z0-9]{20,28}",
        marks="hooks.slack.com/services/",
    ),
    pattern(
        "stripe-key", "_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,120}", marks="k_live_ k_test_"
    ),
    pattern("databricks-token", "dapi", r"\bdapi[a-f0-9]{32}\b"),
    pattern("groq-key", "_", r"\bgsk_[A-Za-z0-9]{40,64}\b", marks="gsk_"),
    pattern("xai-key", "-", r"\bxai-[A-Za-z0-9]{60,100}\b", marks="xai-"),
    pattern("perplexity-key", "-", r"\bpplx-[A-Za-z0-9]{40,64}\b", marks="pplx-"),
    pattern("replicate-token", "_", r"\br8_[A-Za-z0-9]{36,40}\b", marks="r8_"),
    pattern("langsmith-key", "_", r"\blsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}\b", marks="lsv2_"),
    pattern("pinecone-key", "_", r"\bpcsk_[A-Za-z0-9_]{40,120}\b", marks="pcsk_"),
    pattern("npm-token", "_", r"\bnpm_[A-Za-z0-9]{36}\b", marks="npm_"),
    pattern("pypi-token", "-", r"\bpypi-AgE[A-Za-z0-9_-]{50,250}", marks="pypi-AgE"),
    pattern("sendgrid-key", ".", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}", marks="SG."),
    pattern("digitalocean-token", "_", r"\bdo[opr]_v1_[a-f0-9]{64}\b", marks="_v1_"),
    pattern("vault-token", ".", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,300}", marks="hvs. hvb. hvr."),
    pattern(
        "azure-key",
        "=",
        r"(?<=AccountKey=)[A-Za-z0-9+/]{40,100}={0,2}",
        marks="AccountKey=",
    ),
    pattern(
        "jwt",
        "J",
        r"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{5,4000}\.[\w-]{10,1000}",
        marks=".eyJ",
    ),
    pattern("url-password", "@", r"(?<=://)[^\s:/@]{1,80}:[^\s:/@]{1,80}(?=@)", marks="://"),
    pattern("bearer-token", "bearer ", r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{20,500}", place=SMALL),
    # What a program is given under such a name: api_key = "…", AWS_SECRET_ACCESS_KEY=…
    pattern(
        "assigned-secret",
        "secret",
        r"(?i)secret(?:_?access)?_?(?:key|token)?[\"']?\s?[:=]\s?[\"']?"
        r"(?P<value>[A-Za-z0-9+/_=-]{24,120})(?![\w+/=-])",
        settle=_value,
        place=SMALL,
    ),
    pattern(
        "assigned-secret",
        "key",
        r"(?i)api_?-?key[\"']?\s?[:=]\s?[\"']?(?P<value>[A-Za-z0-9+/_=-]{24,120})(?![\w+/=-])",
        settle=_value,
        place=SMALL,
    ),
)
