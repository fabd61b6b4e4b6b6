from __future__ import annotations

import pytest
from reviewed import RUN_ID, samples_of, store_run

from llmops_magics.datasets.case import case_from_row, row_from_case
from llmops_magics.errors import UsageError
from llmops_magics.evals.review.label import labels_of, refuse_no_labels, reviewed_scorers
from llmops_magics.evals.review.session import open_review


@pytest.fixture
def session(store):
    return open_review(store, store_run(store, samples_of(15)), add=None, actor=lambda: "ada")


def test_a_label_has_what_the_judge_saw_and_what_the_person_said(store, session):
    sample = session.sample(2)  # case 7: the judge alone fails it
    session.wrong(sample, "faithfulness")
    (case,) = labels_of(store, [RUN_ID, RUN_ID], "faithfulness")
    assert set(case.inputs) == {"question", "context", "output", "label"}
    assert (case.inputs["label"], case.inputs["output"]) == (True, sample.output)
    assert case.expected == sample.expected
    assert (case.metadata["judged"], case.metadata["by"]) == (False, "ada")
    assert case.metadata["group"] == sample.case_id
    assert case_from_row(row_from_case(case), 1) == case


def test_an_edited_expectation_goes_with_the_label(store, session):
    session.expect(session.sample(0), "free")
    session.agree(session.sample(0), "faithfulness")
    assert labels_of(store, [RUN_ID], "faithfulness")[0].expected == "free"


def test_other_scorers_and_undone_verdicts_are_no_labels(store, session):
    session.agree(session.sample(0), "exact_match")
    session.agree(session.sample(1), "faithfulness")
    session.undo()
    assert labels_of(store, [RUN_ID], "faithfulness") == []
    assert reviewed_scorers(store, RUN_ID) == ("exact_match",)
    with pytest.raises(UsageError, match="Nobody has given a verdict on faithfulness"):
        refuse_no_labels([], "faithfulness", [RUN_ID])


def test_an_input_called_label_keeps_out_of_the_way(store):
    from reviewed import make_sample

    from llmops_magics.datasets.dataset import dataset_from_rows

    rows = [{"id": "a", "label": "theirs", "output": "old"}]
    case = dataset_from_rows(rows, "odd").cases[0]
    run = store_run(store, [make_sample(case, exact=False)], name="odd", case_rows=rows)
    session = open_review(store, run, add=None)
    session.agree(session.sample(0), "exact_match")
    (labelled,) = labels_of(store, [RUN_ID], "exact_match")
    assert labelled.inputs["input_label"] == "theirs"
    assert labelled.inputs["label"] is False
