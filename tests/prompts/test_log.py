import pytest
from sqlalchemy import insert

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.history import ScoreNote
from llmops_magics.storage.table import dataset_content, eval_run

SCORE = {"scorer": "exact", "mean": 0.5, "low": 0.2, "high": 0.8, "n": 10, "method": "wilson"}


def add_dataset(store):
    row = {"digest": "sha256:d", "name": "cases", "case_count": 1, "artifact": "", "created_at": ""}
    with store.write() as connection:
        connection.execute(insert(dataset_content).values(row))


def add_run(store, run_id, version, *, status="finished", summary=None, finished_at="2026-01-02"):
    with store.write() as connection:
        connection.execute(
            insert(eval_run).values(
                id=run_id,
                status=status,
                prompt_name=version.name,
                prompt_number=version.number,
                prompt_digest=version.digest,
                dataset_digest="sha256:d",
                model="m/x",
                config={},
                summary=summary,
                started_at="2026-01-01",
                finished_at=finished_at if status == "finished" else None,
            )
        )


def test_the_newest_comes_first_with_all_that_happened_to_it(registry):
    registry.register("a", "one", message="first", tags={"k": "v"})
    registry.label("a", "mine")
    registry.register("a", "two")
    registry.label("a", "mine")
    registry.rollback("a", "mine")
    log = registry.log("a")
    assert (log.name, log.total) == ("a", 2)
    two, one = log.entries
    assert (one.number, one.message, one.author, one.tags) == (1, "first", "ada", {"k": "v"})
    assert (one.labels, two.labels, two.tags) == (("mine",), (), {})
    assert [(m.action, m.before) for m in one.moves] == [("move", None), ("rollback", 2)]
    assert [(m.action, m.before) for m in two.moves] == [("move", 1)]
    assert log.to_pandas().shape == (2, 8)


def test_records_made_in_a_hurry_are_whole(registry):
    made = registry.register("a", "one")
    move = registry.label("a", "mine")
    (entry,) = registry.log("a").entries
    assert entry.moves == (move,)
    assert registry.log("a").to_dict()["entries"][0]["digest"] == made.digest
    assert repr(entry).startswith("LogEntry(number=1")


def test_finished_evals_stand_with_their_version_the_newest_first(registry, store):
    one, two = registry.register("a", "one"), registry.register("a", "two")
    add_dataset(store)
    add_run(store, "run-1", one, summary={"scores": [SCORE]})
    add_run(store, "run-2", one, summary={"scores": []}, finished_at="2026-01-03")
    add_run(store, "run-3", two, status="running")
    add_run(store, "run-4", two, status="interrupted")
    newest, oldest = registry.log("a").entries
    assert newest.evals == ()
    assert [(e.run_id, e.dataset, e.model) for e in oldest.evals] == [
        ("run-2", "cases", "m/x"),
        ("run-1", "cases", "m/x"),
    ]
    note = ScoreNote(scorer="exact", mean=0.5, low=0.2, high=0.8, n=10)
    assert oldest.evals[1].scores == (note,)


def test_a_limit_cuts_versions_and_not_the_total(registry):
    for text in ("one", "two", "three"):
        registry.register("a", text)
    log = registry.log("a", limit=2)
    assert ([e.number for e in log.entries], log.total) == ([3, 2], 3)
    assert len(registry.log("a", limit=99).entries) == 3
    assert len(registry.log("a", limit=-1).entries) == 3


def test_a_log_of_nothing_is_an_error(registry):
    for name in ("none", "../a", "a@1", "A"):
        with pytest.raises(PromptReferenceError):
            registry.log(name)


def test_a_log_does_not_walk_through_sources(store):
    from llmops_magics.prompts.log import _VERSIONS

    sql, values = _VERSIONS.for_sqlite({"name": "a", "limit": 5})
    with store.glance() as reader:
        plan = reader.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    assert [step[-1] for step in plan] == [
        "SEARCH prompt_version USING COVERING INDEX prompt_version_log (name=?)"
    ]
