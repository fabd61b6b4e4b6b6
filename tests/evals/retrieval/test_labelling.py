"""A pool, a session over it, and the labels that stand in the store."""

from __future__ import annotations

import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import UsageError
from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.evals.retrieval.labelling.pool import make_pool
from llmops_magics.evals.retrieval.labelling.session import LabelSession
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.passage import Passage

QUERIES = [Query(id="q1", text="Where is it?"), Query(id="q2", text="Who pays?")]
TEXTS = {f"d{n}": f"Text of document {n}. " * 3 for n in range(6)}


def passage(document, rank, start=0, end=None):
    text = TEXTS[document][start:end]
    return Passage(
        document_id=document, chunk_id=f"c-{document}-{start}", text=text, start=start,
        end=start + len(text), score=1 / rank, rank=rank,
    )  # fmt: skip


def pool(k=3, start=0):
    def listed(*documents):
        return [passage(d, rank, start) for rank, d in enumerate(documents, 1)]

    found = {
        "dense": [listed("d0", "d1", "d2"), listed("d3")],
        "lexical": [listed("d2", "d4", "d0"), []],
    }
    return make_pool(QUERIES, found, k)


def session(store, actor="ada", **more):
    log = LabelLog(store, "docs", actor=lambda: actor)
    return LabelSession(log, pool(**more), name="asked", redacted=False)


def grade_all(opened, *grades):
    for index, grade in enumerate(grades):
        if grade is not None:
            opened.grade(index, grade)


def test_a_pool_is_a_union_in_an_order_of_its_own():
    made = pool()
    first = [each.key.document_id for each in made.passages if each.query == 0]
    assert sorted(first) == ["d0", "d1", "d2", "d4"]
    assert made == pool()
    assert [each.key.document_id for each in pool(k=1).passages if each.query == 0] == [
        name for name in first if name in ("d0", "d2")
    ]
    assert set(next(iter(made.rows()))) == {
        "query_id", "query", "document_id", "start", "end", "title", "text",
    }  # fmt: skip


def test_a_session_goes_on_where_it_was_left(store):
    grade_all(session(store), 3, 0)
    again = session(store)
    assert [again.grade_at(index) for index in range(5)] == [3, 0, None, None, None]
    assert again.first_open() == 2
    assert again.first_open(4) == 4
    again.grade(0, 1)
    assert session(store).grade_at(0) == 1


def test_undo_takes_back_ones_own_last_label(store):
    ada, ben = session(store), session(store, "ben")
    grade_all(ada, 3, 2)
    ben.grade(0, 1)
    label, place = ada.undo()
    assert (label.grade, place) == (2, 1)
    assert ada.undo()[0].grade == 3
    assert ada.undo() is None
    ben.refresh()
    assert ben.labels_at(0)["ben"].grade == 1
    assert ada.grade_at(0) is None


def test_an_earlier_grade_counts_again_after_an_undo(store):
    ada = session(store)
    ada.grade(0, 3)
    ada.grade(0, 0)
    ada.undo()
    assert ada.grade_at(0) == 3


@pytest.mark.parametrize("grade", [4, -1, True, "2", None, 1.0])
def test_what_is_no_grade(store, grade):
    with pytest.raises(UsageError, match="is no grade"):
        session(store).grade(0, grade)


def test_agreement_and_joint_grades(store):
    grade_all(session(store), 3, 2, 0, 0)
    ben = session(store, "ben")
    grade_all(ben, 3, 1, 0)
    report = ben.report()
    assert (report.own, report.graded, report.pooled, report.open) == (3, 4, 5, 2)
    assert report.labellers == {"ada": 4, "ben": 3}
    assert (report.agreement.passages, report.agreement.same, report.agreement.pairs) == (3, 2, 3)
    assert 0.8 < report.agreement.alpha < 1
    assert report.grades == {"0": 2, "1": 1, "2": 0, "3": 1}  # of 2 and 1 the lower
    assert sum(row.contested for row in report.per_query) == 1


def test_saved_labels_keep_what_was_judged_not_relevant(store):
    ada = session(store)
    grade_all(ada, 3, 0, None, None, 2)
    saved = ada.as_queries("docs-labelled", TEXTS)
    assert [sorted(label.grade for label in q.relevant) for q in saved.queries] == [[0, 3], [2]]
    expected = saved.as_dataset().cases[0].expected
    assert {each["grade"] for each in expected} == {0, 3}
    assert all(each["end"] == len(TEXTS[each["document_id"]]) for each in expected)


def test_labels_survive_another_chunking_while_their_text_does(store):
    grade_all(session(store), 3, 3, 3, 3, 3)
    other = session(store, start=5)
    assert other.grade_at(0) is None
    assert other.report().elsewhere == 5
    changed = {**TEXTS, "d3": "Something else. " * 5}
    saved = other.as_queries("docs-labelled", changed)
    assert [query.id for query in saved.queries] == ["q1"]  # q2 is about d3 alone
    assert len(saved.queries[0].relevant) == 4


def test_a_label_of_a_changed_text_counts_no_more(store, monkeypatch):
    grade_all(session(store), 3, 3, 3, 3, 3)
    monkeypatch.setitem(TEXTS, "d3", "Text of document 9. " * 3)
    now = session(store)
    assert now.report().outdated == 1
    assert now.report().own == 4


def test_a_pool_that_was_filled_in_is_taken_whole_or_not_at_all(store):
    ada = session(store)
    rows = [(f"line {n}", {**row, "grade": n % 4}) for n, row in enumerate(ada.rows(), 1)]
    broken = [*rows, ("line 9", {"grade": 7})]
    with pytest.raises(UsageError, match="line 9: 7 is no grade"):
        ada.take(broken)
    assert ada.first_open() == 0
    strange = [("x", {**rows[0][1], "text": "another"}), ("y", {"grade": 1, "start": []})]
    assert ada.take([*rows, *strange]) == (5, 2)
    assert ada.take(rows) == (0, 0)
    assert [row["grade"] for row in ada.rows()] == [1, 2, 3, 0, 1]


def test_every_label_is_audited_and_holds_no_text(store):
    ada = session(store)
    grade_all(ada, 3, 0)
    ada.undo()
    with store.read() as connection:
        events = list(trail.events(connection))
        assert trail.verify(connection).problems == ()
    assert [event.action for event in events] == [
        "relevance.label", "relevance.label", "relevance.undo",
    ]  # fmt: skip
    assert "Where is it" not in str(LabelLog(store, "docs").labels())


def test_ten_thousand_labels_do_not_slow_a_key_press(store):
    import time

    log = LabelLog(store, "docs", actor=lambda: "ada")
    keys = [pool().passages[0].key._replace(document_id=f"x{n}") for n in range(10_000)]
    log.append(dict.fromkeys(keys, (1, "sha256:0")))
    ada = session(store)
    before = time.process_time()
    grade_all(ada, 3, 2, 1)
    assert (time.process_time() - before) / 3 < 0.05
