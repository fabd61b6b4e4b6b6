"""What a high tier asks for beside gates: two people, licences, reviewed cases, indexes."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "evals"))
from reviewed import RUN_ID, samples_of, store_run

from llmops_magics.errors import ApprovalError, EvidenceError
from llmops_magics.evals.review.log import ReviewLog
from llmops_magics.record import digest, utc_now
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.pointer import move

HIGH = "---\nrisk: high\n---\nAnswer {{ question }}"
REF = "support/answer@1"


def said(found):
    return {each.name: (each.met, each.said) for each in found.requirements}


def test_a_high_risk_asks_for_more(desk):
    desk.prompt(HIGH)
    found = desk.approvals.readiness(REF, "production")
    assert found.tier == "high"
    assert list(said(found)) == [
        "gate release_gate",
        "gate security_gate",
        "after staging",
        "calibrated judges",
        "reviewed cases",
        "approvals",
    ]


def test_of_a_high_risk_yesterdays_gate_is_too_old(desk):
    desk.key("ann")
    desk.gate(desk.prompt(HIGH), ago=timedelta(hours=25))
    met, why = said(desk.approvals.readiness(REF, "production"))["gate release_gate"]
    assert (met, why.endswith("over 24 hours ago.")) == (False, True)


def test_cases_are_reviewed_by_people_in_the_gates_run(desk):
    desk.key("ann")
    store = desk.workspace.store
    run = store_run(store, samples_of(15))
    desk.gate(desk.prompt(HIGH), run_id=RUN_ID)
    found = said(desk.approvals.readiness(REF, "production"))["reviewed cases"]
    assert found == (False, f"0 of 1 reviewed: %llm_review {RUN_ID}.")
    score = run.samples[0].scores[0] if run else samples_of(15)[0].scores[0]
    case = samples_of(15)[0]
    log = ReviewLog(store, actor=lambda: "carol")
    log.append(RUN_ID, (case.case_id, 0), "agree", {"scorer": score.scorer, "value": score.value})
    found = said(desk.approvals.readiness(REF, "production"))["reviewed cases"]
    assert found == (True, "1 of 1 reviewed by carol.")


@pytest.mark.parametrize("people", [("bob",), ("bob", "carol")])
def test_two_people_have_to_say_yes(desk, people):
    desk.key("ann", "bob", "carol")
    version = desk.prompt(HIGH)
    desk.gate(version)
    desk.gate(version, "security_gate")
    for name in people:
        desk.be(name).approvals.approve(REF, "production", "It is right.")
    met, why = said(desk.approvals.readiness(REF, "production"))["approvals"]
    assert (met, why) == (len(people) == 2, f"{len(people)} of 2 by {', '.join(people)}.")


def test_a_role_of_ones_own_is_asked_for(desk):
    policy = '[environments.production.low]\ngates = []\napprovers = 1\nrole = "risk-officer"\n'
    roles = desk.toml.replace("[access.roles]", '[access.roles]\nrisk-officer = ["carol"]')
    desk.settings(roles + policy)
    desk.key("ann", "bob", "carol")
    desk.prompt()
    with pytest.raises(ApprovalError, match="bob has not the role risk-officer"):
        desk.be("bob").approvals.approve(REF, "production", "Yes.")
    desk.be("carol").approvals.approve(REF, "production", "Yes.")
    assert said(desk.approvals.readiness(REF, "production"))["approvals"][0]


def use_index(desk, fingerprint):
    """Let the corpus use an index of this fingerprint."""
    manifest = IndexManifest(
        corpus="handbook",
        fingerprint=fingerprint,
        corpus_fingerprint=digest("corpus"),
        collection="c-1",
        embedding_model="m",
        embedding_fingerprint=digest("m"),
        dimension=3,
        document_count=1,
        chunk_count=1,
        built_at=utc_now(),
    )
    with desk.workspace.store.write() as connection:
        move(connection, manifest, "build", actor="ann")


def test_an_index_is_released_with_its_prompt(desk):
    desk.settings(f'{desk.toml}[release.prompts."support/*"]\ncorpora = ["handbook"]\n')
    desk.key("ann")
    version = desk.prompt()
    use_index(desk, digest("one"))
    assert desk.approvals.bundle(REF).index == {"handbook": digest("one")}
    desk.gate(version)  # measured without the index
    found = said(desk.approvals.readiness(REF, "staging"))
    assert found["gate release_gate"][0]
    assert not found["index handbook"][0]
    desk.gate(version, index_fingerprint=digest("one"))
    ready = desk.approvals.require(REF, "staging")
    use_index(desk, digest("two"))
    assert not desk.approvals.readiness(REF, "staging").ready
    with (
        pytest.raises(EvidenceError, match="changed meanwhile: the bundle, index"),
        desk.workspace.store.write() as connection,
    ):
        desk.approvals.check_still(connection, ready)


def test_a_gate_on_retrieval_counts_for_the_index_alone(desk):
    policy = '[environments.staging.low]\ngates = ["retrieval_gate"]\n'
    corpora = '[release.prompts."support/*"]\ncorpora = ["handbook"]\n'
    desk.settings(f"{desk.toml}{corpora}{policy}")
    desk.key("ann")
    version = desk.prompt()
    use_index(desk, digest("one"))
    other = {"prompt": "lexical@sha256:1", "prompt_digest": digest("lexical"), "model": ""}
    desk.gate(version, "retrieval_gate", **other, index_fingerprint=digest("old"))
    assert not desk.approvals.readiness(REF, "staging").ready
    desk.gate(version, "retrieval_gate", **other, index_fingerprint=digest("one"))
    assert desk.approvals.readiness(REF, "staging").ready
