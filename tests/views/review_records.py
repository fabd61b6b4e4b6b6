"""A review's record for the views' tests."""

from __future__ import annotations

from llmops_magics.evals.review.report import Agreement, ReviewedCase, ReviewReport
from llmops_magics.evals.review.state import Verdict


def review_report(t="plain", **changes):
    wrong = Verdict(scorer=t, value=True, right=False, by=t, at=t, contested=True)
    label = Verdict(scorer="tone", value=t, right=f"not {t}", by=t, at=t)
    case = ReviewedCase(
        case_id=t,
        repeat=1,
        input=t,
        answer=t,
        verdicts=(wrong, label),
        expected=t,
        notes=(t, t),
        added=(t,),
        is_skipped=True,
    )
    fields = {
        "run_id": t,
        "prompt": t,
        "dataset": t,
        "scope": t,
        "at": "2030-01-31T09:15:00.000000Z",
        "selected": 5,
        "done": 2,
        "skipped": 1,
        "agreements": (
            Agreement(scorer=t, n=4, agreed=3, low=0.301, high=0.954, contested=1),
        ),
        "edited": 1,
        "noted": 1,
        "added": 1,
        "reviewers": (t,),
        "reviewed": 2,
        "cases": (case,),
        "exported": t,
    }  # fmt: skip
    return ReviewReport(**(fields | changes))
