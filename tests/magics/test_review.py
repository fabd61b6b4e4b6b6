"""``%llm_review`` in a real shell."""

from __future__ import annotations

import pytest

from llmops_magics.magics.review import ReviewMagics


@pytest.fixture
def review(capital):
    """The shell with the magic and a run of which one of two samples fails."""
    capital.ip.register_magics(ReviewMagics)
    capital.ok("run = %llm_eval geo/capital --data cases --scorers contains")
    return capital


def test_the_failing_sample_is_reviewed_and_exported(review):
    report = review.ok("%llm_review run").value
    assert (report.selected, report.open) == (1, 1)
    session = report.session
    session.wrong(session.sample(0))
    again = review.ok("%llm_review run --scorer contains --export labels").value
    assert again.exported == "labels@1"
    (case,) = review.ok("from llmops_magics.workspace import current_workspace\n"
                        "current_workspace().datasets.get('labels').cases").value  # fmt: skip
    assert (case.inputs["output"], case.inputs["label"]) == ("Paris", True)
    once_more = review.ok("%llm_review run --export labels").value
    assert once_more.exported == "labels@1"


def test_a_run_is_reviewed_by_its_id_and_shown_as_text(review):
    shown = review.ok(
        "report = %llm_review {run.run_id} --all\nprint(report._repr_mimebundle_()['text/plain'])"
    )
    assert "0 of 2 samples reviewed, 0 skipped, 2 open" in shown.out


def test_an_edited_case_goes_into_a_dataset(review):
    session = review.ok("%llm_review run").value.session
    session.expect(session.sample(0), "Paris")
    assert session.add(session.sample(0), "fixed").body["dataset"] == "fixed@1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("none", "there is no eval run 'none'"),
        ("run --all --failing", "Give one of"),
        ("run --slice none", "Widen it"),
        ("run --scorer none", "has no scorer 'none'"),
        ("run --export labels", "Nobody has given a verdict"),
        ("", "RUN"),
    ],
)
def test_a_bad_line_is_one_red_line(review, line, said):
    assert said in review.refused(f"%llm_review {line}")
