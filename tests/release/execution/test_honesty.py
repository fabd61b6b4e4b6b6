"""What is refused as evidence, each proved by a real gate."""

import json
from pathlib import Path

import pytest

from llmops_magics.release.execution.honesty import declared_cache, summary
from llmops_magics.release.execution.moved import Grounds, moves, prompt_moves
from llmops_magics.release.gate.decision import decide
from llmops_magics.retrieval.document import load_documents

INVENT = (
    "import llmops_magics\n"
    "from dataclasses import replace\n"
    "run = llmops_magics.evaluate('geo/capital', data, ['contains'])\n"
    "told = [replace(s, output='Paris it is') if s.case_id in ('c2', 'c5') else s\n"
    "        for s in run.samples]\n"
    "run = replace(run, samples=tuple(told))"
)
STORED = "import llmops_magics\nrun = llmops_magics.evaluate('geo/capital', data, ['contains'])"
DECIDE = "llmops_magics.gate(run, rules=['errors == 0'])"


@pytest.mark.slow
def test_an_answer_that_nobody_gave_is_refused_and_its_cases_named(asked, endpoint):
    endpoint("Paris")
    result = asked(INVENT, DECIDE)
    assert (result.verdict, result.exit_code) == (None, 4)
    [problem] = result.problems
    assert "claims 10 model calls and 2 of them were not made in this gate (c2, c5)" in problem
    assert json.loads(Path(result.archive, "gate.json").read_bytes())["verdict"] is None


@pytest.mark.slow
def test_a_run_of_before_is_no_evidence_of_today(asked, endpoint, workspace):
    endpoint("Paris")
    run = workspace.evaluate("geo/capital", "cases.jsonl", ["contains"])
    load = (
        "import llmops_magics\nfrom llmops_magics.workspace import current_workspace\n"
        f"run = current_workspace().run({run.run_id!r})"
    )
    result = asked(load, DECIDE)
    assert result.exit_code == 4
    assert "10 of them were not made in this gate" in result.problems[0]


@pytest.mark.slow
def test_a_test_double_is_refused(asked, endpoint, no_doubles):
    endpoint("Paris")
    result = asked()
    assert result.problems == ("A test double gave 10 answers: no model was asked.",)
    assert (result.verdict, result.exit_code) == (None, 4)


@pytest.mark.slow
def test_a_cache_answers_only_where_that_was_declared(asked, endpoint, workspace):
    server = endpoint("Paris")
    workspace.evaluate("geo/capital", "cases.jsonl", ["contains"])  # fills the cache
    fresh = asked(STORED, DECIDE)  # a gate asks anew by itself
    assert (fresh.exit_code, len(server.requests)) == (0, 20)
    using = STORED.replace("['contains']", "['contains'], cache='use'")
    hidden = asked(using, DECIDE)
    assert hidden.exit_code == 4
    assert hidden.problems[0].startswith("10 answers came from the cache, which was not declared")
    declared = asked(using, DECIDE, cache="use")
    assert (declared.exit_code, declared.problems) == (0, ())
    assert "10 answers came from the cache, as declared (use)." in declared.notes
    assert declared.evidence["responses"]["by_source"] == {"cache": 10}
    assert len(server.requests) == 20


@pytest.mark.slow
def test_data_that_is_changed_meanwhile_is_refused(asked, endpoint):
    endpoint("Paris")
    change = "open(data, 'a').write('\\n')"
    result = asked(STORED, DECIDE, change)  # after the decision, before the end
    assert result.exit_code == 4
    assert result.problems == ("The file cases.jsonl was changed while the gate ran.",)
    evidence = json.loads(Path(result.archive, "evidence.json").read_bytes())
    assert evidence["begin"]["files"]["cases.jsonl"] != evidence["end"]["files"]["cases.jsonl"]


@pytest.mark.slow
def test_a_dataset_that_got_another_version_meanwhile_is_refused(asked, endpoint, workspace):
    endpoint("Paris")
    workspace.datasets.add("capitals", [{"id": "c0", "question": "Q?", "expected": "Paris"}] * 1)
    more = (
        "from llmops_magics.workspace import current_workspace\n"
        "current_workspace().datasets.add('capitals', [{'id': 'c9', 'question': 'R?', "
        "'expected': 'Paris'}])"
    )
    result = asked(STORED, DECIDE, more, parameters={"data": "capitals"})
    assert result.exit_code == 4
    assert result.problems == ("The dataset capitals got another version while the gate ran.",)


@pytest.mark.slow
def test_an_index_that_is_rebuilt_meanwhile_is_refused(asked, endpoint, workspace, embedded_models):
    endpoint("Paris")
    before = load_documents([{"id": "a", "text": "Paris is in France."}])
    workspace.indexes.build("docs", before, chunker="whole")
    decide_on_it = (
        "used = llmops_magics.index_manifest('docs').fingerprint\n"
        "llmops_magics.gate(run, rules=['errors == 0'], index_fingerprint=used)"
    )
    rebuild = "llmops_magics.index_documents('docs', [{'id': 'a', 'text': 'Moved.'}])"
    result = asked(STORED, decide_on_it, rebuild)
    assert (result.verdict, result.exit_code) == (None, 4)
    assert any("The index of docs was switched" in problem for problem in result.problems)


def test_an_index_that_was_switched_or_is_gone_is_refused(run_of):
    from dataclasses import replace

    decision = replace(decide(run_of(), ["contains >= 0.6"]), index_fingerprint="sha256:aa")
    before = Grounds(indexes={"docs": "sha256:aa", "other": "sha256:cc"})
    assert moves(before, before, decision) == ()
    switched = Grounds(indexes={"docs": "sha256:bb", "other": "sha256:cc"})
    said = " ".join(moves(before, switched, decision))
    assert "no longer in use" in said
    assert "The index of docs was switched" in said
    apart = Grounds(indexes={"docs": "sha256:aa", "other": "sha256:dd"})
    assert moves(before, apart, decision) == ()  # it answered nothing here
    assert moves(before, Grounds(), decision)[0].endswith("no longer in use when the gate ended.")


def test_a_label_that_moved_is_worth_a_note():
    before = Grounds(prompts={"p@production": "3", "q@production": "1"})
    after = Grounds(prompts={"p@production": "4", "q@production": "2"})
    assert prompt_moves(before, after, "p") == (
        "p@production moved from version 3 to 4 meanwhile.",
    )


def test_a_cache_is_declared_by_the_caller_or_by_a_parameter():
    assert declared_cache("use", {}) == "use"
    assert declared_cache("", {"cache": "replay"}) == "replay"
    assert declared_cache("", {"cache": True}) == "use"
    assert declared_cache("refresh", {"cache": "off"}) == ""  # asks anew: nothing to declare


def test_a_summary_adds_up():
    line = {
        "error": None, "usage": {"input_tokens": 2, "output_tokens": 1}, "cost_usd": "0.1",
        "answer": {}, "source": "wire", "origin": "wire", "role": "target", "model": "m",
        "resolved_model": "m-1", "system_fingerprint": "",
    }  # fmt: skip
    found = summary([line, {**line, "cost_usd": None, "answer": None}, {**line, "error": {}}])
    assert (found["count"], found["errors"], found["unkept"]) == (3, 1, 1)
    assert (found["cost_usd"], found["unpriced"], found["is_replayable"]) == ("0.1", 1, False)
    assert found["models"] == {"m": ["m-1"]}
