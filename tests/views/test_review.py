from __future__ import annotations

import json

from review_records import review_report
from view_records import comparison, eval_run, sample, span

from llmops_magics.evals.review.state import CaseReview, Note, Verdict
from llmops_magics.record import VIEWS
from llmops_magics.views.review import review_detail, review_html, review_text


def test_the_progress_and_the_agreement_are_told():
    text = review_text(review_report())
    assert "2 of 5 samples reviewed, 1 skipped, 2 open" in text
    assert "people agree on 3 of 4 (30.1% to 95.4%, Wilson, 1 contested)" in text
    html = review_html(review_report())
    assert "75.0%" in html
    assert "2 samples open" in html
    assert "plain says no (contested)" in html


def test_a_review_that_nobody_began_is_shown():
    report = review_report(done=0, skipped=0, agreements=(), cases=(), reviewers=())
    assert "0 of 5 samples reviewed" in review_html(report)


def test_the_record_is_json_and_has_a_view():
    body = json.loads(json.dumps(review_report().to_dict()))
    assert body["kind"] == "review"
    assert body["cases"][0]["verdicts"][0]["right"] is False
    assert "text/html" in review_report()._repr_mimebundle_()
    assert "review" in VIEWS


def test_the_detail_shows_what_a_reviewer_decides_on():
    verdict = Verdict(scorer="similarity", value=0.5, right=0.9, by="ada", at="t")
    review = CaseReview(
        case_id="c2",
        repeat=0,
        verdicts=(verdict,),
        is_edited=True,
        expected="better",
        notes=(Note(text="look here", by="bob", at="t"),),
    )
    one = sample("c2", output="newer plain", context="a passage", trace_id="t1")
    run = eval_run([one], beside=comparison())
    html = review_detail(run, one, review, [span(name="chat gpt")])
    for words in (
        "because plain", "ada says 0.9", "look here", "note by bob", "expected, as edited",
        "retrieved context", "a passage", "baseline&#x27;s answer", "trace t1, 1 span", "chat gpt",
    ):  # fmt: skip
        assert words in html


def test_giant_texts_are_cut_in_the_detail():
    one = sample(output="x" * 10_000_000)
    html = review_detail(eval_run([one]), one, CaseReview(case_id="c1", repeat=0))
    assert len(html) < 100_000
    assert "more characters in the record" in html
