from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.record import utc_now
from llmops_magics.retrieval.index.ledger import Ledger
from llmops_magics.retrieval.index.rule import decide_index_rule, parse_index_rule
from llmops_magics.retrieval.index.status import Sources


def sources(documents):
    return Sources(digests={each.id: each.digest for each in documents}, described="here")


def test_a_new_index_is_fresh(registry, numbered):
    registry.build("many", numbered(20))
    status = registry.status("many", sources(numbered(20)))
    assert (status.documents, status.fresh, status.is_current) == (20, 20, True)
    assert (status.chunks, status.store_chunks) == (20, 20)
    assert status.indexed_age.n == 20
    assert status.source_age.unknown == 20


def test_every_document_is_in_one_state(registry, numbered):
    registry.build("many", numbered(20))
    now = numbered(20, d1="blue", d2="", d20="new", d21="new too")
    status = registry.status("many", sources(now))
    counts = (status.fresh, status.stale, status.missing, status.orphaned)
    assert counts == (18, 1, 2, 1)
    assert sum(counts) == status.documents == 22
    assert status.examples == {"stale": ("d1",), "missing": ("d20", "d21"), "orphaned": ("d2",)}
    assert not status.is_current


def test_what_the_store_lost_or_got_is_told(registry, numbered, embedder):
    """A ledger that says all is well does not help: the store's own ids are asked for."""
    manifest = registry.build("many", numbered(20))
    with registry.builder.place.open(manifest.collection) as collection:
        ids = collection.ids()
        collection.delete(ids[:3])
        page = next(collection.pages())[0]
        collection.add([replace(page[0], id="stranger")], embedder.embed(["red"]))
    status = registry.status("many", sources(numbered(20)))
    assert (status.lost_chunks, status.unknown_chunks, status.store_chunks) == (3, 1, 18)
    assert (status.fresh, status.missing) == (17, 3)
    found = registry.verify("many")
    assert (found.lost, found.unknown, found.is_sound, found.exit_code) == (3, 1, False, 1)


@pytest.mark.parametrize("rule", ["lost == 0", "duplicate <= 1%", "other_model == 0"])
def test_what_nobody_noted_is_no_pass(registry, numbered, rule):
    manifest = registry.build("many", numbered(20))
    Ledger(registry.store).forget(
        registry.filling(manifest).id
    )  # as an index of an earlier release
    outcome = decide_index_rule(rule, registry.status("many", sources(numbered(20))))
    assert outcome.verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "..", "", "a/b"])
def test_no_name_in_the_store_leads_out_of_the_folder(registry, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(RetrievalError, match="name of a collection"):
        registry.builder.place.drop(name)
    assert (tmp_path / "elsewhere").is_dir()


def test_a_collection_that_is_gone_is_missing_in_full(registry, numbered):
    manifest = registry.build("many", numbered(20))
    registry.builder.place.drop(manifest.collection)
    status = registry.status("many", sources(numbered(20)))
    assert (status.store_chunks, status.missing, status.lost_chunks) == (0, 20, 20)
    assert "is gone" in status.remarks[0]


def test_equal_chunks_and_chunks_of_another_model_are_counted(registry, numbered, embedder):
    registry.build("many", numbered(5, d5="same", d6="same", d7="same"))
    status = registry.status("many")
    assert (status.duplicate_chunks, status.other_model_chunks) == (2, 0)
    embedder.fingerprint = "sha256:other"
    assert registry.status("many").other_model_chunks == 8


def test_without_sources_nobody_can_say_what_is_stale(registry, numbered):
    registry.build("many", numbered(20))
    status = registry.status("many")
    assert (status.is_compared, status.fresh) == (False, 20)
    assert decide_index_rule("stale <= 1%", status).verdict == "INCONCLUSIVE"
    assert decide_index_rule("lost == 0", status).verdict == "PASS"


def test_ages_are_percentiles(registry, numbered, store):
    now = utc_now()
    documents = [
        replace(each, updated_at=now - timedelta(days=k)) for k, each in enumerate(numbered(21))
    ]
    registry.build("many", documents)
    age = registry.status("many").source_age
    assert age.n == 21
    assert age.p50_s == pytest.approx(10 * 86_400, rel=1e-2)
    assert age.p95_s == pytest.approx(19 * 86_400, rel=1e-2)
    assert age.max_s == pytest.approx(20 * 86_400, rel=1e-2)


def test_age_is_the_time_since_the_index_was_last_found_to_be_its_corpus(registry, numbered):
    manifest = registry.build("many", numbered(20))
    first = Ledger(registry.store).filling(manifest.collection).confirmed_at
    registry.build("many", numbered(20))
    assert Ledger(registry.store).filling(manifest.collection).confirmed_at > first
    old = replace(registry.status("many"), confirmed_at=datetime.now(UTC) - timedelta(days=8))
    assert decide_index_rule("age <= 7d", old).verdict == "FAIL"
    assert decide_index_rule("age <= 9d", old).verdict == "PASS"
    assert decide_index_rule("age <= 9d", replace(old, confirmed_at=None)).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("stale <= 5%", "PASS"),  # 1 of 20
        ("stale <= 4.9%", "FAIL"),
        ("stale == 0", "FAIL"),
        ("missing == 0", "PASS"),
        ("fresh >= 95%", "PASS"),
        ("duplicate < 1", "PASS"),
        ("max(indexed_age) <= 1h", "PASS"),
        ("p95(source_age) <= 30d", "INCONCLUSIVE"),  # no time is known
    ],
)
def test_rules_are_decided(registry, numbered, rule, verdict):
    registry.build("many", numbered(20))
    status = registry.status("many", sources(numbered(20, d1="blue")))
    assert decide_index_rule(rule, status).verdict == verdict


def test_the_worst_verdict_decides_the_exit_code(registry, numbered):
    registry.build("many", numbered(20))
    status = registry.status("many", sources(numbered(20, d1="blue")))
    for rules, code in (
        ((), 0),
        (("missing == 0",), 0),
        (("missing == 0", "p50(source_age) < 1d"), 3),
        (("stale == 0", "p50(source_age) < 1d"), 1),
    ):
        outcomes = tuple(decide_index_rule(rule, status) for rule in rules)
        assert replace(status, rules=outcomes).exit_code == code


@pytest.mark.parametrize(
    "rule",
    ["", "stale", "stale <= x", "stale <= 7d", "age <= 3", "age <= 5%", "p95(stale) <= 1",
     "source_age <= 7d", "p99(source_age) <= 7d", "old <= 1", "stale <= -1", "x" * 1000],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused_with_the_grammar(rule):
    with pytest.raises(UsageError, match="A rule is SUBJECT"):
        parse_index_rule(rule)


def test_a_vector_of_another_text_is_found(registry, numbered, embedder):
    manifest = registry.build("many", numbered(20))
    with registry.builder.place.open(manifest.collection) as collection:
        chunks = next(collection.pages())[0]
        collection.add(chunks[:1], embedder.embed(["blue"]))
    found = registry.verify("many", sample=20)
    assert (found.sampled, found.differing, found.altered) == (20, 1, 0)
    assert found.lowest_cosine < 0.1
    assert found.examples == (chunks[0].id,)


def test_another_text_or_label_in_the_store_is_found(registry, numbered):
    manifest = registry.build("many", numbered(20))
    with registry.builder.place.open(manifest.collection) as collection:
        chunks = next(collection.pages())[0]
        collection.update([replace(chunks[0], groups=("staff",))])
        vectors = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
        collection.add([replace(chunks[1], text="other")], vectors)
    found = registry.verify("many", sample=0)
    assert (found.altered, found.sampled, found.lowest_cosine) == (2, 0, None)


def test_an_index_of_another_embedder_is_not_sound(registry, numbered, embedder):
    registry.build("many", numbered(5))
    embedder.fingerprint = "sha256:other"
    found = registry.verify("many")
    assert (found.embedder_is_same, found.sampled, found.is_sound) == (False, 0, False)
