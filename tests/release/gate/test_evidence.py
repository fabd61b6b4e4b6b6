from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.release.gate.evidence import results_of
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.canary import AccessCheck, Leak, PrincipalRow


def row(forbidden=1, leaks=()):
    return PrincipalRow(
        principal=Principal.of("eve").name, groups=("public",), forbidden=forbidden, allowed=1,
        found=1, leaks=leaks,
    )  # fmt: skip


def check(*rows, protected=1):
    return AccessCheck(
        corpus="docs", index_fingerprint="f", retriever="hybrid", k=3, protected=protected,
        canaries=2, rows=rows,
    )  # fmt: skip


LEAK = Leak(canary="c", document_id="c", groups=("board",), rank=1)


@pytest.mark.parametrize(
    ("rows", "protected", "verdict", "reason"),
    [
        ([row()], 1, "PASS", "No leak in 1 questions"),
        ([row(), row(leaks=(LEAK,))], 1, "FAIL", "1 chunks came to somebody"),
        ([row(forbidden=0)], 1, "INCONCLUSIVE", "Nobody who asked"),
        ([row(forbidden=0)], 0, "PASS", "Every document is for everybody"),
    ],
)
def test_an_access_check_is_a_result(rows, protected, verdict, reason):
    (result,) = results_of([check(*rows, protected=protected)])
    assert (result.rule, result.verdict) == ("docs: access holds", verdict)
    assert reason in result.reason


def test_what_is_no_evidence_is_refused():
    @dataclass
    class Other:
        verdict: str = "PASS"

    for record in (Other(), SimpleNamespace(verdict="PASS"), "PASS"):
        with pytest.raises(UsageError, match="is no evidence"):
            results_of([record])
